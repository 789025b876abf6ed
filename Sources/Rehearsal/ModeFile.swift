/// The file in an ISO that says where its answer file comes from.
public struct ModeFile: Equatable, Sendable {
    public let mode: String
    public let url: String?
    public let token: String?

    /// Keys that are not known are errors, except those of `[http]`, where an older installer leaves them out.
    init(_ root: TOMLTable) throws(InstallerRefusal) {
        let section = try AnswerSection(root, ["mode", "partition_label", "http"].map { .init(name: $0) })
        _ = try section.choice("mode", of: ["iso", "http", "partition"])
        mode = try section.required("mode")
        _ = try section.text("partition-label")
        let http = try section.table("http")
        url = Self.text(http, "url")
        token = Self.text(http, "token")
    }

    private static func text(_ table: TOMLTable?, _ key: String) -> String? {
        guard case .text(let text)? = table?[key] else { return nil }
        return text
    }
}
