import COpenSSL

/// Keeps secrets in a place that others can read: AES-256-GCM with a key that only its holder has.
public struct Seal: Sendable {
    private let key: [UInt8]

    public static let keyLength = 32
    private static let (nonceLength, tagLength) = (12, 16)

    public init(key: [UInt8]) throws(CryptoError) {
        guard key.count == Self.keyLength else {
            throw CryptoError("a sealing key has \(Self.keyLength) bytes, not \(key.count)")
        }
        self.key = key
    }

    /// What is sealed under one name opens under no other.
    public func seal(_ secret: [UInt8], as name: String) throws(CryptoError) -> [UInt8] {
        let nonce = SecureRandom.bytes(Self.nonceLength)
        var (sealed, tag) = ([UInt8](repeating: 0, count: secret.count), [UInt8](repeating: 0, count: Self.tagLength))
        var length: CInt = 0
        let (context, label) = (EVP_CIPHER_CTX_new(), Array(name.utf8))
        defer { EVP_CIPHER_CTX_free(context) }
        guard EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, nil) == 1,
            EVP_EncryptUpdate(context, nil, &length, label, CInt(label.count)) == 1,
            EVP_EncryptUpdate(context, &sealed, &length, secret, CInt(secret.count)) == 1,
            EVP_EncryptFinal_ex(context, nil, &length) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CInt(Self.tagLength), &tag) == 1
        else { throw CryptoError("OpenSSL did not seal \(name)") }
        return nonce + sealed + tag
    }

    public func open(_ sealed: [UInt8], as name: String) throws(CryptoError) -> [UInt8] {
        guard sealed.count >= Self.nonceLength + Self.tagLength else { throw CryptoError("\(name) is cut short") }
        let nonce = Array(sealed.prefix(Self.nonceLength))
        var tag = Array(sealed.suffix(Self.tagLength))
        let body = Array(sealed.dropFirst(Self.nonceLength).dropLast(Self.tagLength))
        var secret = [UInt8](repeating: 0, count: body.count)
        var length: CInt = 0
        let (context, label) = (EVP_CIPHER_CTX_new(), Array(name.utf8))
        defer { EVP_CIPHER_CTX_free(context) }
        guard EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, nil) == 1,
            EVP_DecryptUpdate(context, nil, &length, label, CInt(label.count)) == 1,
            EVP_DecryptUpdate(context, &secret, &length, body, CInt(body.count)) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CInt(Self.tagLength), &tag) == 1,
            EVP_DecryptFinal_ex(context, nil, &length) == 1
        else { throw CryptoError("\(name) does not open: it was sealed with another key, or is damaged") }
        return secret
    }
}
