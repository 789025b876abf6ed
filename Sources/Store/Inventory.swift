import Database
import FoundationEssentials
public import Model

extension Store {
    /// What a host is made of; nil if Sprout has not installed it.
    public func inventory(ofHost host: String) throws -> Inventory? {
        try connection.rows(
            """
            SELECT installed_at, report, started_at, start_report, start_address, cluster FROM inventory
            WHERE host = ?
            """, .text(host)
        ) { row -> Inventory? in
            let report = try? JSONDecoder().decode(InstalledReport.self, from: Data(row.text(1).utf8))
            let start = row.optionalText(3).flatMap {
                try? JSONDecoder().decode(StartReport.self, from: Data($0.utf8))
            }
            guard let report else { return nil }
            var inventory = Inventory(
                installedAt: Timestamp(milliseconds: row.int(0)), report: report,
                startedAt: row.optionalInt(2).map { Timestamp(milliseconds: $0) }, start: start,
                address: row.optionalText(4))
            inventory.cluster = row.optionalText(5)
            return inventory
        }.first ?? nil
    }
}
