/// What a machine behind a MAC address says it is: its UUID and serial number, as far as they mean anything.
///
/// Both come from the network and from boards that were never given one; a host is known by its MAC address, and these
/// only tell that two machines claim the same.
public struct Identity: Hashable, Sendable, Codable {
    public var uuid: String?
    public var serial: String?
    public var address: String?

    public init(uuid: String?, serial: String?, address: String? = nil) {
        self.uuid = uuid.flatMap(Self.meaningful(uuid:))
        self.serial = serial.flatMap(Self.meaningful(serial:))
        self.address = address
    }

    public var isEmpty: Bool { uuid == nil && serial == nil }

    /// Whether both can be the same machine: nothing that both say differs.
    public func agrees(with other: Identity) -> Bool {
        Self.agree(uuid, other.uuid) && Self.agree(serial, other.serial)
    }

    private static func agree(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return true }
        return one == other
    }

    /// Some firmware writes the first three fields the other way round in DHCP: both spellings are one UUID.
    private static func meaningful(uuid text: String) -> String? {
        let digits = text.lowercased().filter(\.isHexDigit)
        guard digits.utf8.count == 32, Set(digits).count > 1, digits != boardMakersExample else { return nil }
        let bytes = stride(from: 0, to: 32, by: 2).map { digits.dropFirst($0).prefix(2) }
        let swapped = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map { bytes[$0] }.joined()
        let one = min(digits, swapped)
        return [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)].map { one.dropFirst($0.0).prefix($0.1) }
            .joined(separator: "-")
    }

    private static func meaningful(serial text: String) -> String? {
        let word = text.trimmedOfSpaces.lowercased()
        guard word.utf8.count > 2, Set(word).count > 1, !placeholders.contains(word) else { return nil }
        return text.trimmedOfSpaces
    }

    private static let boardMakersExample = "03000200040005000006000700080009"
    private static let placeholders: Set<String> = [
        "to be filled by o.e.m.", "default string", "system serial number", "not specified", "not applicable", "none",
        "n/a", "unknown", "serial", "123456789", "0123456789", "oem",
    ]
}

extension Identity: CustomStringConvertible {
    public var description: String {
        let names = [serial.map { "serial \($0)" }, uuid.map { "UUID \($0)" }].compactMap(\.self)
        return names.joined(separator: ", ") + (address.map { " at \($0)" } ?? "")
    }
}
