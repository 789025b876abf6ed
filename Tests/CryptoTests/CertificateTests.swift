import Foundation
import Testing

@testable import Crypto

/// Read by OpenSSL's own program.
@Suite struct CertificateTests {
    @Test func `it is for its names and addresses, and its fingerprint is the one that others find`() throws {
        let certificate = try Certificate(names: ["pve1.lab", "192.0.2.7", "fd00::7"], days: 30)
        let said = try openssl("x509 -noout -text -fingerprint -sha256", certificate.text)
        #expect(said.contains("DNS:pve1.lab, IP Address:192.0.2.7, IP Address:FD00:0:0:0:0:0:0:7"))
        #expect(said.contains("Subject: CN = pve1.lab") || said.contains("Subject: CN=pve1.lab"))
        #expect(said.contains("ASN1 OID: prime256v1"))
        #expect(said.contains("Fingerprint=\(certificate.fingerprint)"))
        #expect(certificate.fingerprint.count == 95)
    }

    @Test func `it is valid a day ago already, as long as it should be, and not longer`() throws {
        let text = try Certificate(names: ["a"], days: 30).text
        let end = 30 * 24 * 60 * 60
        #expect(try openssl("x509 -noout -checkend \(end - 3600)", text).contains("will not expire"))
        #expect(try openssl("x509 -noout -checkend \(end + 3600)", text).contains("will expire"))
        let start = try openssl("x509 -noout -startdate -dateopt iso_8601", text)
        let yesterday = Date(timeIntervalSinceNow: -24 * 60 * 60).formatted(.iso8601.year().month().day())
        #expect(start.contains("notBefore=\(yesterday)"))
    }

    @Test func `its key is its own, and no two are alike`() throws {
        let (one, other) = (try Certificate(names: ["a"], days: 1), try Certificate(names: ["a"], days: 1))
        let shown = try openssl("x509 -noout -pubkey", one.text)
        #expect(try openssl("pkey -pubout", one.key) == shown)
        #expect(one.fingerprint != other.fingerprint && one.key != other.key)
    }

    @Test(arguments: ["", "a,DNS:b", "a b", "a\nb", "a:b", "*", String(repeating: "a", count: 254)])
    func `what is no name and no address gets none`(name: String) {
        #expect(throws: CryptoError.self) { try Certificate(names: [name], days: 1) }
    }

    private func openssl(_ words: String, _ input: String) throws -> String {
        let process = Process()
        let (source, result) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = words.split(separator: " ").map(String.init)
        (process.standardInput, process.standardOutput, process.standardError) = (source, result, result)
        try process.run()
        try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try source.fileHandleForWriting.close()
        let text = String(decoding: result.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}
