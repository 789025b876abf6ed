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

    /// What lies on a machine's disks, where its latest installer told it and has written nothing since; but for what the
    /// host's own earlier installations left, and for what somebody agreed to lose.
    public func strangeContents(ofHost host: String, erasing agreed: [String]) throws -> [DiskContents] {
        let told =
            try connection.rows(
                """
                SELECT progress FROM installer JOIN operation ON operation.id = installer.operation WHERE host = ?
                ORDER BY operation.started_at DESC, revision DESC LIMIT 1
                """, .text(host)
            ) { InstallerProgress(json: $0.text(0)) }.first ?? nil
        guard let told, told.percent == nil else { return [] }
        return try strange(told.contents ?? [], toHost: host, erasing: agreed)
    }

    /// Of what lies on disks, that which a rebuild of a host is not to replace.
    public func strange(
        _ contents: [DiskContents], toHost host: String, erasing agreed: [String]
    ) throws -> [DiskContents] {
        let own = try connection.rows("SELECT disk FROM own_disk WHERE host = ?", .text(host)) { $0.text(0) }
        let installed = try inventory(ofHost: host)?.report.bootDisks.map(\.identity) ?? []
        let expected = Set((own + installed + agreed).map { $0.lowercased() })
        return contents.filter { !expected.contains($0.disk.identity.lowercased()) }
    }
}
