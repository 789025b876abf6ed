import Crypto
import Linux
import SSH
import Testing

@Suite(.timeLimit(.minutes(5))) struct AuthorizedKeysTests {
    private let others = try? (KeyPair().line(comment: "root@pve-01"), KeyPair().line(comment: "a friend's"))

    @Test func `a key is taken out of the file behind the link, and lets nobody in any more`() async throws {
        let (first, second) = try #require(others)
        try await serving { place in
            let mine = place.publicKey(comment: "sprout")
            let path = place.file("priv/authorized_keys")
            try Files.makeFolder(place.file("priv"))
            let text = "# \(mine)\n\(first)\n\(mine)\n\n\(second)\nno-pty,from=\"127.0.0.1\" \(mine) again"
            try Files.write(text, to: path)
            _ = try await Place.shell(
                "chmod 640 \(path); ln -sf ../../priv/authorized_keys \(place.authorizedKeys)")

            let key = try #require(PublicKey(mine))
            var session = try await place.session()
            #expect(try await session.removeKey(key))
            #expect(try Files.text(path) == "# \(mine)\n\(first)\n\n\(second)\n")
            #expect(try await !session.removeKey(key))
            #expect(try await Place.shell("stat -c %a \(path); ls \(place.file("priv"))") == "640\nauthorized_keys\n")
            #expect(Files.link(at: place.authorizedKeys) == "../../priv/authorized_keys")
            #expect(try await !Session.canLogIn(to: place.server("ed25519"), as: place.login, reactor))
        }
    }

    @Test func `the last key leaves an empty file, and no file has no key`() async throws {
        try await serving { place in
            let key = try #require(PublicKey(place.publicKey(comment: "")))
            var session = try await place.session()
            #expect(try await session.removeKey(key))
            #expect(try Files.text(place.authorizedKeys).isEmpty)
            _ = try await Place.shell("rm \(place.authorizedKeys)")
            #expect(try await !session.removeKey(key))
        }
    }

    @Test func `a link that leads nowhere now is no sign that the key is gone`() async throws {
        try await serving { place in
            var session = try await place.session()
            _ = try await Place.shell("ln -sf /nowhere/authorized_keys \(place.authorizedKeys)")
            let key = try #require(PublicKey(place.publicKey(comment: "")))
            let failed = try await failure { _ = try await session.removeKey(key) }
            #expect(
                failed.kind == .refused && failed.description.contains("/nowhere/authorized_keys, which is not there"))
        }
    }
}
