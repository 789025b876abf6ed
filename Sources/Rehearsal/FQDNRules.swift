import Model

/// What the installer takes for a fully qualified domain name.
enum FQDNRules {
    /// What it says against one; nil where it is one.
    static func refusal(of text: String) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if text.utf8.count > 253 { return "FQDN too long: \(text.utf8.count) > 253" }
        for part in parts where !isLabel(part) {
            return "FQDN must only consist of alphanumeric characters and dashes. Invalid part: '\(part)'"
        }
        if parts.count < 2 { return "missing hostname part" }
        return parts[0].utf8.allSatisfy(isDigit) ? "hostname cannot be purely numeric" : nil
    }

    static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { $0 == UInt8(ascii: "-") || isDigit($0) || isLetter($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

/// What the installer takes for an address of mail: what a form of HTML does.
enum MailRules {
    static func isAddress(_ text: String) -> Bool {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2, halves[0].wholeMatch(of: /[a-zA-Z0-9.!#$%&'*+\/=?^_`{|}~\-]+/) != nil else {
            return false
        }
        return halves[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(FQDNRules.isLabel)
    }
}

/// What the installer takes for addresses of machines.
enum AddressRules {
    static func isAddress(_ text: Substring) -> Bool { DottedQuad.number(text) != nil || isVersion6(text) }

    /// An address and the size of its network, as the release reads it: from 9.2 on the size may be missing.
    static func cidr(_ text: String, _ release: InstallerRelease) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), isAddress(parts[0]) else { return nil }
        let most = DottedQuad.number(parts[0]) == nil ? 128 : 32
        if parts.count == 1 { return release >= .v9x2 ? "\(text)/\(most)" : nil }
        guard let size = Int(parts[1]), String(size) == parts[1], (0...most).contains(size) else { return nil }
        return text
    }

    private static func isVersion6(_ text: Substring) -> Bool {
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (3...9).contains(groups.count), groups.allSatisfy({ $0.utf8.count <= 4 }),
            text.allSatisfy({ $0.isHexDigit || $0 == ":" })
        else { return false }
        let gaps = text.indices.count { text[$0...].hasPrefix("::") }
        return gaps == 1 ? groups.count { !$0.isEmpty } < 8 : gaps == 0 && groups.count == 8
    }
}
