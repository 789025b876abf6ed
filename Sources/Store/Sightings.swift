public import Database
import FoundationEssentials
public import Model

/// What was seen of machines that netboot, and what was made of it.
extension Store {
    /// The latest sightings of one machine, or of all, in the order of time.
    public func sightings(of mac: MACAddress? = nil, limit: Int) throws -> [Sighting] {
        let rows =
            if let mac {
                try connection.rows(
                    "SELECT \(Sighting.columns) FROM sighting WHERE mac = ? ORDER BY id DESC LIMIT ?", .text("\(mac)"),
                    .int(limit)
                ) { Sighting($0) }
            } else {
                try connection.rows("SELECT \(Sighting.columns) FROM sighting ORDER BY id DESC LIMIT ?", .int(limit)) {
                    Sighting($0)
                }
            }
        return rows.compactMap(\.self).sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    }

    /// The sightings after one that a reader has seen, oldest first.
    public func sightings(after id: Int64, limit: Int) throws -> [Sighting] {
        try connection.rows(
            "SELECT \(Sighting.columns) FROM sighting WHERE id > ? ORDER BY id LIMIT ?", .int(id), .int(limit)
        ) { Sighting($0) }.compactMap(\.self)
    }

    public func newestSightingID() throws -> Int64 {
        try connection.rows("SELECT coalesce(max(id), 0) FROM sighting") { $0.int(0) }.first ?? 0
    }

    /// The machines that were seen since a moment, or that a verdict stands on.
    public func machinesSeen(since moment: Timestamp, limit: Int) throws -> [MACAddress] {
        try connection.rows(
            "SELECT mac FROM sighting WHERE at >= ? GROUP BY mac ORDER BY max(id) DESC LIMIT ?",
            .int(moment.milliseconds), .int(limit)
        ) { try? MACAddress($0.text(0)) }.compactMap(\.self)
    }

    public func verdict(on mac: MACAddress) throws -> Verdict? {
        try connection.rows("SELECT \(Verdict.columns) FROM verdict WHERE mac = ?", .text("\(mac)")) { Verdict($0) }
            .first ?? nil
    }

    /// All verdicts by the machine that they are on.
    public func verdicts() throws -> [MACAddress: Verdict] {
        let rows = try connection.rows("SELECT \(Verdict.columns), mac FROM verdict ORDER BY at DESC LIMIT 1000") {
            row in
            (try? MACAddress(row.text(4)), Verdict(row))
        }
        return Dictionary(
            rows.compactMap { mac, verdict in mac.flatMap { mac in verdict.map { (mac, $0) } } },
            uniquingKeysWith: { $1 })
    }

    /// What machines behind a MAC address said they are.
    public func identities(of mac: MACAddress) throws -> [Identity] {
        try connection.identities(of: mac)
    }

    /// Whether two machines claim this MAC address: neither is trusted until a person has said which it is.
    public func isContested(_ mac: MACAddress) throws -> Bool {
        let identities = try identities(of: mac)
        return identities.contains { one in identities.contains { !$0.agrees(with: one) } }
    }

    public func hosts(in state: HostState) throws -> [Host] {
        try connection.rows("SELECT \(Host.columns) FROM host WHERE state = ?", .text(state.rawValue)) { Host($0) }
            .compactMap(\.self)
    }
}

extension Sighting {
    static let columns = "id, at, mac, kind, daemon, body"

    init?(_ row: borrowing Row) {
        guard let mac = try? MACAddress(row.text(2)), let kind = Kind(rawValue: row.text(3)),
            let details = try? JSONDecoder().decode(Details.self, from: Data(row.text(5).utf8))
        else { return nil }
        self.init(kind, of: mac, at: Timestamp(milliseconds: row.int(1)), by: row.text(4)) { $0 = details }
        id = row.int(0)
    }
}

extension Sighting.Details {
    /// As the database keeps them.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension Verdict {
    public static let columns = "kind, sentence, remedy, candidate"

    public init?(_ row: borrowing Row) {
        guard let kind = Kind(rawValue: row.text(0)) else { return nil }
        self.init(
            kind, row.text(1), remedy: row.text(2), candidate: row.optionalText(3).flatMap { try? MACAddress($0) })
    }
}
