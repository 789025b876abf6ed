import CCrypt

/// Passwords as yescrypt keeps them: whoever has the hash has to guess, and each guess takes time and memory.
public enum Password {
    /// A new hash, each time another one.
    public static func hash(_ password: String) throws(CryptoError) -> String {
        guard let setting = newSetting() else { throw CryptoError("libcrypt makes no salt for yescrypt") }
        return try crypt(password, setting)
    }

    /// Whether a hash is this password's.
    ///
    /// It takes as long for a wrong one.
    public static func verify(_ password: String, _ hash: String) -> Bool {
        guard let found = try? crypt(password, hash) else { return false }
        return Array(found.utf8).isEqual(inConstantTime: Array(hash.utf8))
    }

    private static func newSetting() -> String? {
        let random = SecureRandom.bytes(16).map { CChar(bitPattern: $0) }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        guard crypt_gensalt_rn("$y$", 0, random, CInt(random.count), &setting, CInt(setting.count)) != nil else {
            return nil
        }
        return text(setting)
    }

    private static func crypt(_ password: String, _ setting: String) throws(CryptoError) -> String {
        // C would take such a password for its beginning.
        guard !password.utf8.contains(0) else { throw CryptoError("a password contains no NUL") }
        let size = MemoryLayout<crypt_data>.size
        let data = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<crypt_data>.alignment)
        defer {
            // The password is among what libcrypt worked with.
            data.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            data.deallocate()
        }
        data.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        guard let hash = crypt_rn(password, setting, data, CInt(size)) else {
            throw CryptoError("libcrypt does not know this kind of hash")
        }
        return String(cString: hash)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Compares without telling by its time where the difference is.
    public func isEqual(inConstantTime other: [UInt8]) -> Bool {
        count == other.count && zip(self, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
