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

    @Test func `E22: it is valid whatever the clock says, as long as it should be, and not longer`() throws {
        let text = try Certificate(names: ["a"], days: 30).text
        let end = 30 * 24 * 60 * 60
        #expect(try openssl("x509 -noout -checkend \(end - 3600)", text).contains("will not expire"))
        #expect(try openssl("x509 -noout -checkend \(end + 3600)", text).contains("will expire"))
        let start = try openssl("x509 -noout -startdate -dateopt iso_8601", text)
        #expect(start.contains("notBefore=2020-01-01"))
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

    @Test func `one that somebody brings is read with its key, in any order`() throws {
        let made = try Certificate(names: ["sprout.local", "192.0.2.7", "fd00::7"], days: 30)
        for text in [made.text + made.key, made.key + made.text, "a word\n\(made.text)\n\n\(made.key)"] {
            let read = try Certificate(parsing: text)
            #expect(read.fingerprint == made.fingerprint && read.text == made.text && read.key == made.key)
            #expect(read.names == ["sprout.local", "192.0.2.7", "FD00:0:0:0:0:0:0:7"])
            #expect(read.isSelfSigned && read.issuer == "sprout.local")
            let left = read.validUntil - Int64(Date().timeIntervalSince1970)
            #expect((29 * 86_400...30 * 86_400).contains(left))
        }
    }

    @Test func `what follows the own certificate stays with it`() throws {
        let (own, other) = (try Certificate(names: ["a"], days: 1), try Certificate(names: ["b"], days: 1))
        let read = try Certificate(parsing: own.text + other.text + own.key)
        #expect(read.text == own.text + other.text && read.names == ["a"])
    }

    @Test func `what cannot be shown is refused with what is wrong`() throws {
        let (own, other) = (try Certificate(names: ["a"], days: 1), try Certificate(names: ["b"], days: 1))
        let locked = try openssl("pkey -aes256 -passout pass:canary", own.key)
        let short = try openssl("req -x509 -newkey rsa:1024 -nodes -subj /CN=a -keyout - -out -", "")
        for (text, words) in [
            ("", "no certificate"), ("nonsense", "no certificate"), (own.key, "no certificate"),
            (own.text, "no private key"), (own.text + other.key, "not that of its first certificate"),
            (other.text + own.text + own.key, "not that of its first certificate"), (own.text + locked, "a passphrase"),
            (short, "too short"), (String(own.text.dropLast(80)) + own.key, "no certificate"),
        ] {
            let error = #expect(throws: CryptoError.self) { try Certificate(parsing: text) }
            #expect("\(error!)".contains(words), "\(error!)")
        }
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
