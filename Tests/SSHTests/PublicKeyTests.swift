import Crypto
import SSH
import Testing

@Suite struct PublicKeyTests {
    @Test func `a key is the same whatever its comment`() throws {
        let pair = try KeyPair()
        let key = try #require(PublicKey(pair.line(comment: "sprout pve-01")))
        #expect(key == PublicKey(" \(pair.line(comment: ""))\n"))
        #expect(key.type == "ssh-ed25519" && "\(key)" == "\(key.fingerprint) (ssh-ed25519)")
    }

    @Test(arguments: [
        "", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAAB3NzaC1kc3MAAA", "ssh-ed25519 !!!! x",
        "ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQAB x",
    ])
    func `what is no key is refused`(line: String) {
        #expect(PublicKey(line) == nil)
    }
}
