import Testing

@testable import Crypto

@Suite struct CryptoTests {
    @Test func `SHA-256 is the one of FIPS 180-4`() {
        let hex = Digest.sha256("abc").map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `a signature is the one of RFC 4231`() {
        // Test cases 2 and 6: a short key, and one that is longer than a block.
        let short = Signature.sha256(of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(short.hexadecimal == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let text = "Test Using Larger Than Block-Size Key - Hash Key First"
        let long = Signature.sha256(of: Array(text.utf8), key: Array(repeating: 0xAA, count: 131))
        #expect(long.hexadecimal == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test(arguments: [
        ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
        ("\u{3F}\u{3F}\u{3E}~\u{7F}", "Pz8+fn8=", "Pz8-fn8"),
    ])
    func `bytes become the text of RFC 4648`(text: String, standard: String, url: String) {
        #expect(Base64.text(Array(text.utf8)) == standard)
        #expect(Base64.urlText(Array(text.utf8)) == url)
    }

    @Test func `what is sealed opens under its own name and key only`() throws {
        let seal = try Seal(key: SecureRandom.bytes(32))
        let sealed = try seal.seal(Array("secret".utf8), as: "a")
        #expect(try seal.open(sealed, as: "a") == Array("secret".utf8))
        #expect(try seal.seal(Array("secret".utf8), as: "a") != sealed)
        #expect(throws: CryptoError.self) { try seal.open(sealed, as: "b") }
        #expect(throws: CryptoError.self) { try seal.open(Array(sealed.dropLast()), as: "a") }
        #expect(throws: CryptoError.self) { try seal.open([1, 2, 3], as: "a") }
        #expect(throws: CryptoError.self) { try Seal(key: SecureRandom.bytes(32)).open(sealed, as: "a") }
        #expect(throws: CryptoError.self) { try Seal(key: [1]) }
    }

    @Test func `a key's line is one that OpenSSH writes`() throws {
        let line = try KeyPair().line(comment: "sprout pve-01")
        #expect(line.hasPrefix("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"))
        #expect(line.hasSuffix(" sprout pve-01"))
        #expect(line.split(separator: " ")[1].count == 68)
    }

    @Test func `no token is made twice, and each can stand in a URL`() {
        let tokens = (0..<100).map { _ in Token() }
        #expect(Set(tokens.map(\.text)).count == 100)
        #expect(tokens.allSatisfy { $0.text.wholeMatch(of: /[A-Za-z0-9_-]{43}/) != nil })
        #expect(Token(tokens[0].text)?.hash == tokens[0].hash)
        #expect(Token("short") == nil && Token(nil) == nil)
    }
}
