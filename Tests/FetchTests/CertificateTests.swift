import Foundation
import Linux
import Serving
import Testing

@testable import Fetch

/// OpenSSL's own server, with a certificate that nobody vouches for.
@Suite(.timeLimit(.minutes(5))) struct CertificateTests {
    /// What the server says on its standard output: its certificate, its port, and every record that it gets.
    private struct Peer {
        let child: Child
        let output: Linux.Stream
        private var bytes: [UInt8] = []

        init(in folder: URL, bits: Int, _ options: String) throws {
            let script = """
                openssl req -x509 -newkey rsa:\(bits) -nodes -keyout k.pem -out c.pem -subj /CN=test -days 2 2>&1
                openssl x509 -in c.pem -noout -fingerprint -sha256
                exec openssl s_server -accept 127.0.0.1:0 -cert c.pem -key k.pem -naccept 1 -www -msg \(options) 2>&1
                """
            let (reader, writer) = try FileDescriptor.pipe()
            output = try Linux.Stream(FileDescriptor(owning: reader), reactor)
            let program = Program(
                path: "/bin/sh", arguments: ["-ec", script], environment: ["PATH": "/usr/bin:/bin"],
                directory: folder.path)
            child = try program.start(descriptors: [], output: FileDescriptor(owning: writer), reactor)
        }

        /// What follows `word` in the first line that has it.
        mutating func value(after word: String) async throws -> String {
            while true {
                let said = String(decoding: bytes, as: UTF8.self)
                if let start = said.range(of: word), let end = said[start.upperBound...].firstIndex(of: "\n") {
                    return String(said[start.upperBound..<end])
                }
                guard try await output.read(into: &bytes) else { return "" }
            }
        }

        /// Whether it got any data after the handshake.
        mutating func gotData() async throws -> Bool {
            while try await output.read(into: &bytes) {}
            _ = try await child.end()
            return String(decoding: bytes, as: UTF8.self).contains(
                "<<< TLS 1.2, RecordHeader [length 0005]\n    17 03 03")
        }
    }

    private typealias Outcome = (result: Result<Exchange.Reply, ExchangeFailed>, own: Fingerprint, gotData: Bool)

    private func ask(
        bits: Int = 2048, _ options: String = "-tls1_2", _ trust: (Fingerprint) throws -> Exchange.Trust
    ) async throws -> Outcome {
        // A child ends with the thread that started it: that must be one that stays.
        try await withTaskExecutorPreference(reactor) { try await asked(bits, options, trust) }
    }

    private func asked(
        _ bits: Int, _ options: String, _ trust: (Fingerprint) throws -> Exchange.Trust
    ) async throws -> Outcome {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var peer = try Peer(in: folder, bits: bits, options)
        let own = try #require(Fingerprint(try await peer.value(after: "Fingerprint=")))
        let port = try await peer.value(after: "ACCEPT 127.0.0.1:")
        var request = Exchange.Request(.get, try #require(WebURL("https://127.0.0.1:\(port)/")))
        request.isDirect = true
        request.login = Exchange.Login(user: "root", password: "geheim")
        request.trust = try trust(own)
        let worker = try Worker()
        let result: Result<Exchange.Reply, ExchangeFailed>
        do throws(ExchangeFailed) {
            result = .success(try await Exchange(request, worker).reply())
        } catch {
            result = .failure(error)
        }
        return (result, own, try await peer.gotData())
    }

    @Test func `a certificate that nobody vouches for is told by its fingerprint, and taken when it is known`()
        async throws
    {
        let (first, own, _) = try await ask { _ in .certificate(nil) }
        #expect(try first.get().status == 200)
        #expect(try first.get().certificate == own)
        let (second, again, gotData) = try await ask { .certificate($0) }
        #expect(try second.get().certificate == again)
        #expect(gotData)
    }

    @Test func `where another is shown nothing is sent, and both the fact and the new one are told`() async throws {
        let other = try #require(Fingerprint(String(repeating: "0A", count: 32)))
        let (result, own, gotData) = try await ask { _ in .certificate(other) }
        let failed = #expect(throws: ExchangeFailed.self) { try result.get() }
        #expect(failed?.changedCertificate == own)
        #expect(failed?.fact == "its certificate is another than before: \(own)")
        #expect(!gotData)
    }

    @Test func `without a fingerprint an authority has to vouch for it`() async throws {
        let (result, _, gotData) = try await ask { _ in .authorities }
        let failed = #expect(throws: ExchangeFailed.self) { try result.get() }
        #expect(failed?.fact.hasPrefix("its certificate cannot be trusted (") == true)
        #expect(failed?.isUntrusted == true)
        #expect(!gotData)
    }

    @Test func `a controller that knows only old groups is reached when its certificate is pinned`() async throws {
        let (result, _, _) = try await ask(bits: 1024, "-tls1_2 -cipher DHE-RSA-AES128-SHA@SECLEVEL=0") {
            .certificate($0)
        }
        #expect(try result.get().status == 200)
    }

    @Test func `TLS 1.3 is pinned as well`() async throws {
        let (result, own, _) = try await ask("-tls1_3") { .certificate($0) }
        #expect(try result.get().certificate == own)
    }

    static let spellings = [
        (String(repeating: "ab", count: 32), true), (Array(repeating: "AB", count: 32).joined(separator: ":"), true),
        (String(repeating: "ab", count: 31), false), (String(repeating: "xy", count: 32), false), ("", false),
        (String(repeating: "ab", count: 32) + "a", false),
    ]

    @Test(arguments: spellings)
    func `a fingerprint is read as people write it`(text: String, isOne: Bool) {
        let shown = Array(repeating: "AB", count: 32).joined(separator: ":")
        #expect(Fingerprint(text)?.description == (isOne ? shown : nil))
    }
}
