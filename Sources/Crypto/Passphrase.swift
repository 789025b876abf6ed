import COpenSSL

/// A key from what people can remember: each guess takes a tenth of a second and 32 MiB (scrypt, RFC 7914).
public enum Passphrase {
    public static let saltLength = 16

    public static func key(_ passphrase: String, salt: [UInt8]) throws(CryptoError) -> [UInt8] {
        let text = Array(passphrase.utf8)
        var key = [UInt8](repeating: 0, count: Seal.keyLength)
        let made = text.withUnsafeBytes { text in
            EVP_PBE_scrypt(
                text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, salt, salt.count, cost, 8, 1,
                memoryLimit, &key, key.count)
        }
        guard made == 1 else { throw CryptoError("OpenSSL made no key of the passphrase") }
        return key
    }

    private static let cost: UInt64 = 1 << 15
    private static let memoryLimit: UInt64 = 64 << 20
}
