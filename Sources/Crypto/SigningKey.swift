import COpenSSL

/// Signs with Ed25519 (RFC 8032): who has the public half can check what was signed, and sign nothing.
public struct SigningKey: Sendable {
    private let seed: [UInt8]
    public let publicKey: [UInt8]

    /// The same key for the same 32 bytes, which are the secret.
    public init(seed: [UInt8]) throws(CryptoError) {
        let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        defer { EVP_PKEY_free(key) }
        var (shown, length) = ([UInt8](repeating: 0, count: 32), 32)
        guard let key, EVP_PKEY_get_raw_public_key(key, &shown, &length) == 1 else {
            throw CryptoError("OpenSSL made no key of Ed25519 from \(seed.count) bytes")
        }
        (self.seed, publicKey) = (seed, shown)
    }

    public func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let (key, context) = (
            EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count), EVP_MD_CTX_new()
        )
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        var (signature, length) = ([UInt8](repeating: 0, count: 64), 64)
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { throw CryptoError("OpenSSL signed nothing with Ed25519") }
        return signature
    }

    /// Whether a message was signed by the holder of the secret half.
    public static func verify(_ signature: [UInt8], of message: [UInt8], publicKey: [UInt8]) -> Bool {
        let (key, context) = (
            EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count), EVP_MD_CTX_new()
        )
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        guard key != nil, EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
