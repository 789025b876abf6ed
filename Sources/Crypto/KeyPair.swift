import COpenSSL

/// A key of Ed25519 (RFC 8032) that logs in over SSH: made for one operation, and gone with it.
public struct KeyPair: Sendable {
    /// The 32 bytes that are the secret.
    public let privateKey: [UInt8]
    public let publicKey: [UInt8]

    public init() throws(CryptoError) {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &key) == 1 else {
            throw CryptoError("OpenSSL made no key of Ed25519")
        }
        defer { EVP_PKEY_free(key) }
        var (secret, shown) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
        var (secretLength, shownLength) = (32, 32)
        guard EVP_PKEY_get_raw_private_key(key, &secret, &secretLength) == 1,
            EVP_PKEY_get_raw_public_key(key, &shown, &shownLength) == 1
        else { throw CryptoError("OpenSSL does not give the key of Ed25519 that it made") }
        (privateKey, publicKey) = (secret, shown)
    }

    /// The public half as a line of authorized_keys (RFC 8709).
    public func line(comment: String) -> String {
        let blob = Self.field(Array("ssh-ed25519".utf8)) + Self.field(publicKey)
        return "ssh-ed25519 \(Base64.text(blob)) \(comment)"
    }

    private static func field(_ bytes: [UInt8]) -> [UInt8] {
        let length = UInt32(bytes.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + bytes
    }
}
