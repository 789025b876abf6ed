public import Database
public import Model

extension Store {
    /// How it is with all the logs inside the installer of an operation, once they were asked for.
    public func installerBundle(ofOperation id: String, at moment: Timestamp) throws -> InstallerBundle? {
        try connection.installerBundle(ofOperation: id, at: moment)
    }

    /// Those that came last, as a tar.gz.
    public func installerBundleFile(ofOperation id: String) throws -> [UInt8]? {
        try connection.rows("SELECT bytes FROM installer_bundle WHERE operation = ?", .text(id)) { $0.blob(0) }.first
    }

    /// The order to send them, if it was given to who has this token.
    public func logsOrder(_ id: Int64, tokenHash: [UInt8]) throws -> LogsOrder? {
        try connection.logsOrder(id, tokenHash: tokenHash)
    }
}

/// That an agent was asked for all logs.
public struct LogsOrder: Equatable, Sendable {
    public let operation: String
    public let hasArrived: Bool
}

extension Connection {
    public func installerBundle(ofOperation id: String, at moment: Timestamp) throws(DatabaseError) -> InstallerBundle?
    {
        try rows(
            """
            SELECT given_at, arrived_at, failed_at, heard_at, installer_bundle.at, length(bytes),
                run = (SELECT run FROM installer_run WHERE operation = ?1 ORDER BY base DESC, started_at DESC LIMIT 1)
            FROM installer_order JOIN installer ON installer.operation = installer_order.operation
            LEFT JOIN installer_bundle ON installer_bundle.operation = installer_order.operation
            WHERE installer_order.operation = ?1 AND verb = ?2 ORDER BY id DESC LIMIT 1
            """, .text(id), .text(InstallerOrder.Verb.logs.rawValue)
        ) { row in
            let asked = Timestamp(milliseconds: row.int(0))
            let isThere =
                row.int(6) != 0 && moment <= Timestamp(milliseconds: row.int(3)) + InstallerOrder.longestSilence
            let problem =
                if row.optionalInt(2) != nil {
                    "The agent inside the installer could not send them."
                } else if !isThere {
                    "The machine was restarted or switched off before they came."
                } else if moment > asked + InstallerBundle.longestWait {
                    "The agent inside the installer was asked, and sent nothing."
                } else {
                    String?.none
                }
            let hasArrived = row.optionalInt(1) != nil
            return InstallerBundle(
                state: hasArrived ? .arrived : problem == nil ? .asked : .failed, askedAt: asked,
                problem: hasArrived ? nil : problem, arrivedAt: row.optionalInt(4).map { Timestamp(milliseconds: $0) },
                size: row.optionalInt(5))
        }.first
    }

    public func logsOrder(_ id: Int64, tokenHash: [UInt8]) throws(DatabaseError) -> LogsOrder? {
        try rows(
            """
            SELECT installer_order.operation, arrived_at IS NOT NULL FROM installer_order JOIN installer_run
                ON installer_run.operation = installer_order.operation AND installer_run.run = installer_order.run
            WHERE id = ? AND token_hash = ? AND verb = ?
            """, .int(id), .blob(tokenHash), .text(InstallerOrder.Verb.logs.rawValue)
        ) { LogsOrder(operation: $0.text(0), hasArrived: $0.int(1) != 0) }.first
    }
}
