import Database
import FoundationEssentials
public import Model

/// What was told from inside installers.
extension Store {
    /// The lines after one, the oldest first.
    public func installerLines(ofOperation id: String, after number: Int64, limit: Int) throws -> [InstallerLine] {
        try connection.rows(
            """
            SELECT number, at, source, text FROM installer_line WHERE operation = ? AND number > ?
            ORDER BY number LIMIT ?
            """, .text(id), .int(number), .int(limit)
        ) { InstallerLine($0) }.compactMap(\.self)
    }

    /// The number of the line before the latest ones, from which on there are so many.
    public func installerLine(ofOperation id: String, beforeLatest count: Int) throws -> Int64 {
        try connection.rows(
            "SELECT number FROM installer_line WHERE operation = ? ORDER BY number DESC LIMIT 1 OFFSET ?", .text(id),
            .int(count)
        ) { $0.int(0) }.first ?? 0
    }

    public func installerReport(ofOperation id: String) throws -> InstallerReport? {
        try reports(where: "installer.operation = ?", .text(id)).first
    }

    /// Of those that something was heard of after a revision, the earliest first.
    public func installerReports(after revision: Int64) throws -> [InstallerReport] {
        try reports(where: "revision > ?", .int(revision))
    }

    public func newestInstallerRevision() throws -> Int64 {
        try connection.rows("SELECT coalesce(max(revision), 0) FROM installer") { $0.int(0) }.first ?? 0
    }

    /// How far the installer of a host is, while it is at work.
    public func installerReport(ofHost host: Host) throws -> InstallerReport? {
        guard host.state.isInInstaller else { return nil }
        return try reports(where: "operation.host = ? AND operation.ended_at IS NULL", .text(host.id)).first
    }

    /// Whether the agent beside an installer on its machine is there to be told something, also after the installer stopped.
    public func isAgentHeard(onHost id: String, at moment: Timestamp) throws -> Bool {
        try reports(where: "operation.host = ?", .text(id)).contains {
            $0.heardAt <= moment && moment <= $0.heardAt + InstallerOrder.longestSilence
        }
    }

    private func reports(where condition: String, _ value: Bindable) throws -> [InstallerReport] {
        try connection.rows(
            """
            SELECT installer.operation, operation.host, progress, heard_at, lines, revision
            FROM installer JOIN operation ON operation.id = installer.operation WHERE \(condition) ORDER BY revision
            """, value
        ) { row in
            InstallerProgress(json: row.text(2)).map {
                InstallerReport(
                    operation: row.text(0), host: row.text(1), progress: $0,
                    heardAt: Timestamp(milliseconds: row.int(3)), lines: row.int(4), revision: row.int(5))
            }
        }.compactMap(\.self)
    }
}

extension InstallerLine {
    init?(_ row: borrowing Row) {
        guard let source = Source(rawValue: row.text(2)) else { return nil }
        self.init(number: row.int(0), at: Timestamp(milliseconds: row.int(1)), source: source, text: row.text(3))
    }
}

extension InstallerProgress: JSONColumn {}
extension InstallerPace: JSONColumn {}

/// What the database keeps as JSON.
public protocol JSONColumn: Codable {}

extension JSONColumn {
    public var json: String {
        (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    public init?(json: String) {
        guard let value = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = value
    }
}
