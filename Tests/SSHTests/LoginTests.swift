import CSSH2
import Crypto
import Linux
import SSH
import Testing

@Suite(.timeLimit(.minutes(5))) struct LoginTests {
    // Before 1.11 libssh2 knows of RSA only what no server takes any more.
    @Test(arguments: ["ed25519", "ecdsa"] + (libssh2_version(0x010B00) == nil ? [] : ["rsa"]))
    func `the host is recognised by any of its keys, whichever is known`(type: String) async throws {
        try await serving(["ed25519", "ecdsa", "rsa"]) { place in
            let canLogIn = try await Session.canLogIn(to: place.server(type), as: place.login, reactor)
            #expect(canLogIn)
            await place.log.line("Accepted publickey")
        }
    }

    @Test func `the strongest key that is known is asked for`() async throws {
        try await serving(["rsa", "ed25519", "ecdsa"], ["LogLevel DEBUG"]) { place in
            _ = try await Session(to: place.server("rsa", "ecdsa", "ed25519"), as: place.login, reactor)
            await place.log.line("host key algorithm: ssh-ed25519")
        }
    }

    @Test func `a host that shows another key is refused before it is told anything`() async throws {
        try await serving(["ed25519"], ["LogLevel DEBUG"]) { place in
            let other = try await Place(["ed25519"], [])
            let server = try Server("127.0.0.1", port: place.port, hostKeys: [other.hostKey("ed25519")])
            let refused = try await failure { _ = try await Session(to: server, as: place.login, reactor) }
            #expect(refused.kind == .otherHostKey)
            for key in try [place.hostKey("ed25519"), other.hostKey("ed25519")] {
                let shown = try await Place.shell("echo '\(key.line)' | ssh-keygen -lf - | cut -d' ' -f2")
                #expect(refused.description.contains(shown.dropLast()) && shown.hasPrefix("SHA256:"))
            }
            await place.log.line("done [preauth]")
            #expect(await !place.log.contains("userauth-request"))
            _ = try await Place.shell("rm -r \(other.folder)")
        }
    }

    @Test func `a host without any key of a known type is refused by what it shows`() async throws {
        try await serving(["ecdsa"]) { place in
            let known = try #require(PublicKey(place.publicKey(comment: "another's")))
            let server = Server("127.0.0.1", port: place.port, hostKeys: [known])
            let refused = try await failure { _ = try await Session(to: server, as: place.login, reactor) }
            #expect(refused.kind == .otherHostKey)
            #expect(refused.description.contains(try place.hostKey("ecdsa").description))
            #expect(refused.description.contains(known.description))
        }
    }

    @Test func `a host of which no key is known is not spoken to`() async throws {
        let server = Server("127.0.0.1", port: 1, hostKeys: [])
        let login = Place.login(try KeyPair())
        let refused = try await failure { _ = try await Session(to: server, as: login, reactor) }
        #expect(refused.kind == .otherHostKey && refused.description.contains("none of its host keys is known"))
    }

    @Test func `a key that is not let in is told from a host that is not reached`() async throws {
        try await serving { place in
            let stranger = Place.login(try KeyPair())
            #expect(try await !Session.canLogIn(to: place.server("ed25519"), as: stranger, reactor))
            let refused = try await failure {
                _ = try await Session(to: place.server("ed25519"), as: stranger, reactor)
            }
            #expect(refused.kind == .loginRefused && refused.description.contains("authorized_keys"))
            var elsewhere = try place.server("ed25519")
            elsewhere.port = try Place.freePort()
            let unreachable = try await failure {
                _ = try await Session.canLogIn(to: elsewhere, as: place.login, reactor)
            }
            #expect(unreachable.kind == .unreachable)
            #expect(unreachable.description.contains("nobody listens at port \(elsewhere.port)"))
        }
    }

    @Test func `a host that says nothing is given up, and so is one by name`() async throws {
        let (socket, port) = try Place.listening()
        defer { withExtendedLifetime(socket) {} }
        try await serving { place in
            let server = try Server("127.0.0.1", port: port, hostKeys: [place.hostKey("ecdsa")])
            let late = try await failure {
                _ = try await Session(to: server, as: place.login, within: .milliseconds(200), reactor)
            }
            #expect(late.kind == .unreachable && late.description.contains("did not answer within 200 ms"))
            let named = Server("localhost", port: port, hostKeys: server.hostKeys)
            let refused = try await failure { _ = try await Session(to: named, as: place.login, reactor) }
            #expect(refused.kind == .unreachable && refused.description.contains("no IP address"))
        }
    }

    @Test func `twenty sessions at once each have their own words`() async throws {
        try await serving { place in
            try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask {
                        var session = try await place.session()
                        let text = try await session.run("cat; echo \(number)", input: Array("in \(number)\n".utf8))
                            .text
                        #expect(text == "in \(number)\n\(number)\n")
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
