/// Percent-encoding (RFC 3986), decoded once and never into something that changes what a path means.
public enum Percent {
    /// The decoded parts of a path; empty ones and those that climb are refused.
    static func segments(_ path: Substring) throws(Refusal) -> [String] {
        guard path != "/" else { return [] }
        var segments: [String] = []
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let text = decoded(part.utf8) else {
                throw Refusal(400, "The path contains a wrong percent-encoding.")
            }
            let isHarmless = text.utf8.allSatisfy {
                $0 >= 32 && $0 != 127 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\")
            }
            guard isHarmless, text != ".", text != "..", !text.isEmpty else {
                throw Refusal(400, "The path contains an empty, climbing or forbidden part.")
            }
            segments.append(text)
        }
        return segments
    }

    /// The fields of a query or of an HTML form; the last one of a name counts.
    public static func form(_ text: Substring) throws(Refusal) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0].utf8, plusIsSpace: true),
                let value = decoded((parts.count > 1 ? parts[1] : "").utf8, plusIsSpace: true)
            else { throw Refusal(400, "A form field contains a wrong percent-encoding.") }
            fields[name] = value
        }
        return fields
    }

    /// A text as one part of a path, or one value of a query.
    public static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if isUnreserved(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    private static func decoded(_ text: Substring.UTF8View, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexDigit), let low = iterator.next().flatMap(hexDigit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(32)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
