/// Bytes as text (RFC 4648).
public enum Base64 {
    /// With padding, as in the lines of OpenSSH.
    public static func text(_ bytes: [UInt8]) -> String { encode(bytes, standard, isPadded: true) }

    /// For URLs: without padding, and without characters that mean something there.
    public static func urlText(_ bytes: [UInt8]) -> String { encode(bytes, forURLs, isPadded: false) }

    private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let forURLs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], isPadded: Bool) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let number = (0..<3).reduce(0) { $0 << 8 | ($1 < group.count ? Int(group[$1]) : 0) }
            for place in 0...group.count { result.append(alphabet[number >> (18 - 6 * place) & 63]) }
            if isPadded { result += Array(repeating: UInt8(ascii: "="), count: 3 - group.count) }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
