import Model

/// The file in the ISO that tells the installer where its answer is: each operation has its own.
public struct ModeFile: Equatable, Sendable {
    public let text: String

    /// Newer installers send the token in a field of their request; older ones know no such field, and have it in the URL.
    public init(server: String, token: String, release: String) {
        let sendsToken = (try? InstallerRelease(release))?.hasWebhookToken ?? true
        var toml = TOML()
        toml.table(pairs: [("mode", .text("http")), ("partition_label", .text("proxmox-ais"))])
        let url = "\(server)/api/boot/answer"
        toml.table(
            "http",
            pairs: [
                ("url", .text(sendsToken ? url : "\(url)?token=\(token)")), ("token", sendsToken ? .text(token) : nil),
            ])
        text = toml.text
    }

    /// The file with the length that the ISO has room for: a comment fills it up; nil if it is too long.
    public func bytes(length: Int) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count + 2 <= length else { return nil }
        return bytes + Array(repeating: UInt8(ascii: "#"), count: length - bytes.count - 1) + [UInt8(ascii: "\n")]
    }
}
