/// Keys that look like a machine's and are nobody's: there are no private ones to them.
struct PublicKeys {
    private var state: UInt64

    init(_ number: Int) {
        state = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    var machineID: String {
        var copy = self
        return copy.bytes(16).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0\(digits)" : digits
        }.joined()
    }

    /// As ssh-keygen writes them (RFC 4253 6.6, RFC 5656 3.1, RFC 8709 4).
    func hostKeys(of hostname: String) -> [String: String?] {
        var copy = self
        let point = [4] + copy.bytes(64)
        let curve = Self.fields([Array("ecdsa-sha2-nistp256".utf8), Array("nistp256".utf8), point])
        let edwards = Self.fields([Array("ssh-ed25519".utf8), copy.bytes(32)])
        // The modulus is a positive number with its highest bit set, which takes a zero before it.
        let modulus = [0, 0x80] + copy.bytes(383)
        let rsa = Self.fields([Array("ssh-rsa".utf8), [1, 0, 1], modulus])
        return [
            "ecdsa": "ecdsa-sha2-nistp256 \(Self.base64(curve)) root@\(hostname)",
            "ed25519": "ssh-ed25519 \(Self.base64(edwards)) root@\(hostname)",
            "rsa": "ssh-rsa \(Self.base64(rsa)) root@\(hostname)",
        ]
    }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40)
        }
    }

    private static func fields(_ fields: [[UInt8]]) -> [UInt8] {
        fields.flatMap { [0, 0, UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let padded = Array(group) + Array(repeating: 0, count: 3 - group.count)
            let number = Int(padded[0]) << 16 | Int(padded[1]) << 8 | Int(padded[2])
            let digits = [18, 12, 6, 0].map { letters[number >> $0 & 63] }
            text += String(digits.prefix(group.count + 1)) + String(repeating: "=", count: 3 - group.count)
        }
        return text
    }
}
