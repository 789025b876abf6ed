/// Tells host names and addresses from other text.
enum HostName {
    /// A name, an IPv4 address, or an IPv6 address.
    static func isValid(_ text: Substring) -> Bool {
        IPv4Address(text) != nil || isName(text) || isIPv6(text)
    }

    /// RFC 1123, and its last label is not a number: 192.168.1.300 is a mistyped address, not a name.
    static func isName(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, let last = labels.last, labels.allSatisfy(isLabel) else { return false }
        return !last.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Eight groups of hexadecimal digits, of which `::` stands for some (RFC 4291); no zone, no IPv4 at the end.
    static func isIPv6(_ text: Substring) -> Bool {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        let groups = halves.filter { !$0.isEmpty }
            .flatMap { $0.split(separator: ":", omittingEmptySubsequences: false) }
        guard groups.allSatisfy(isGroup) else { return false }
        return halves.count == 1 ? groups.count == 8 : halves.count == 2 && groups.count < 8
    }

    private static func isLabel(_ label: Substring) -> Bool {
        guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { return false }
        return label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }

    private static func isGroup(_ group: Substring) -> Bool {
        (1...4).contains(group.utf8.count) && group.allSatisfy { $0.isASCII && $0.isHexDigit }
    }
}
