import Crypto

/// A host that is reached over SSH, and by which keys it is recognised.
public struct Server: Hashable, Sendable, CustomStringConvertible {
    /// An IP address.
    public var address: String
    public var port: UInt16
    /// Its public host keys: it must show one of these, and nothing is said to one that shows another.
    public var hostKeys: [PublicKey]

    public init(_ address: String, port: UInt16 = 22, hostKeys: [PublicKey]) {
        (self.address, self.port, self.hostKeys) = (address, port, hostKeys)
    }

    public var description: String { port == 22 ? address : "\(address) port \(port)" }
}

/// Who logs in, and with which key of Ed25519.
public struct Login: Sendable {
    public let user: String
    private let privateKey: [UInt8]

    /// `privateKey` is the 32 bytes that are the secret; the public half follows from them.
    public init(user: String = "root", privateKey: [UInt8]) {
        precondition(privateKey.count == 32, "a private key of Ed25519 has 32 bytes")
        (self.user, self.privateKey) = (user, privateKey)
    }

    /// The key as PKCS #8 (RFC 8410), which every libssh2 over OpenSSL reads, and without a file.
    var privateKeyText: String {
        let head: [UInt8] = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20]
        return "-----BEGIN PRIVATE KEY-----\n\(Base64.text(head + privateKey))\n-----END PRIVATE KEY-----\n"
    }
}
