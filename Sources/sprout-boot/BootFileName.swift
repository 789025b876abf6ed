/// The name of a boot file as the table has it, made from what firmware sends.
struct BootFileName: Hashable, Sendable {
    /// The folder says who asks, where we put that into the name; it never leads into a folder of ours.
    let folder: String
    let last: String

    /// Firmware asks in many ways: `/x`, `\x`, `X`, `tftp://address/x`, and `x` with garbage behind it.
    init?(_ bytes: [UInt8]) {
        // Old ROMs take the end mark of DHCP's options (0xff), or what follows it, for a part of the name.
        let text = String(decoding: bytes.prefix { 0x20..<0x7f ~= $0 }, as: UTF8.self).lowercased()
        guard text.utf8.count <= 255 else { return nil }
        var segments = text.split { $0 == "/" || $0 == "\\" }.filter { $0 != "." }
        // The scheme goes; the address behind it is a folder like any other.
        if segments.first == "tftp:" { segments.removeFirst() }
        guard let last = segments.last, !segments.contains("..") else { return nil }
        self.last = String(last)
        folder = segments.dropLast().joined(separator: "/")
    }

    var path: String { folder.isEmpty ? last : "\(folder)/\(last)" }
}
