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

    @Test func `a password is known by its yescrypt hash, which is another one each time`() throws {
        let hash = try Password.hash("correct horse")
        #expect(hash.hasPrefix("$y$j9T$"))
        #expect(try Password.hash("correct horse") != hash)
        #expect(Password.verify("correct horse", hash))
        for wrong in ["correct horse ", "", "correct horse\0", hash] { #expect(!Password.verify(wrong, hash)) }
        for damaged in ["", "*0", "$y$", String(hash.dropLast()), "correct horse"] {
            #expect(!Password.verify("correct horse", damaged))
        }
    }

    @Test func `a hash that mkpasswd made is checked too`() {
        // mkpasswd -m sha-512 -S saltsalt password
        let hash =
            "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/"
        #expect(Password.verify("password", hash))
    }

    @Test func `what is signed is checked with the public half, as RFC 8032 has it`() throws {
        // Test 2 of section 7.1.
        let seed = try #require(
            [UInt8](hexadecimal: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
        let key = try SigningKey(seed: seed)
        #expect(key.publicKey.hexadecimal == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        let signature = try key.sign([0x72])
        #expect(signature.hexadecimal.hasPrefix("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"))
        #expect(SigningKey.verify(signature, of: [0x72], publicKey: key.publicKey))
        #expect(!SigningKey.verify(signature, of: [0x73], publicKey: key.publicKey))
        #expect(!SigningKey.verify([], of: [0x72], publicKey: key.publicKey))
        #expect(!SigningKey.verify(signature, of: [0x72], publicKey: []))
        #expect(throws: CryptoError.self) { try SigningKey(seed: [1]) }
    }

    @Test func `a token is recognised by its prefix and its check digits`() {
        let token = AccessToken()
        #expect(token.text.hasPrefix("sprout_") && token.text.utf8.count == 79)
        #expect(AccessToken(token.text) == token)
        #expect(AccessToken() != token)
        let last: Character = token.text.last == "0" ? "1" : "0"
        for wrong in [
            "", "sprout_", String(token.text.dropLast()), "\(token.text.dropLast())\(last)", token.text + "0",
        ] {
            #expect(AccessToken(wrong) == nil)
        }
    }

    @Test func `hexadecimal digits become bytes, and nothing else does`() {
        #expect([UInt8](hexadecimal: "00ff1A") == [0, 255, 26])
        for wrong in ["0", "0g", "zz", "é0", "+1"] { #expect([UInt8](hexadecimal: wrong) == nil) }
    }
}
