public import Database
public import Model

/// How rows become values. A row that this release cannot read is left out rather than guessed.
extension Host {
    public static let columns = """
        host.id, host.hostname, host.boot_mac, host.server_type, host.state, host.state_since, host.created_at,
        (SELECT group_concat(mac, ' ') FROM host_mac WHERE host_mac.host = host.id),
        (SELECT group_concat(key || char(31) || value, char(30)) FROM host_label WHERE host_label.host = host.id),
        host.netboot_program, host.local_boot, host.address, host.memory, host.live_progress
        """

    /// The first column of what a question asks for besides.
    public static let width: CInt = 14

    public init?(_ row: borrowing Row) {
        guard let hostname = try? Hostname(row.text(1)), let mac = try? MACAddress(row.text(2)),
            let state = HostState(rawValue: row.text(4)), let localBoot = LocalBoot(column: row.text(10))
        else { return nil }
        let others = row.text(7).split(separator: " ").compactMap { try? MACAddress(String($0)) }
        let labels = row.text(8).split(separator: "\u{1E}").map { pair in
            let parts = pair.split(separator: "\u{1F}", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
        self.init(
            id: row.text(0), hostname: hostname, mac: mac,
            macs: [mac] + others.filter { $0 != mac }.sorted { $0.bits < $1.bits }, serverType: row.text(3),
            state: state,
            stateSince: Timestamp(milliseconds: row.int(5)), labels: Dictionary(labels) { $1 },
            createdAt: Timestamp(milliseconds: row.int(6)),
            netbootProgram: row.optionalText(9).flatMap { NetbootChoice(rawValue: $0) } ?? .automatic,
            localBoot: localBoot, address: row.optionalText(11), hasLiveProgress: row.int(13) != 0,
            memory: row.optionalInt(12).map { MachineMemory(mebibytes: Int($0)) })
    }
}

extension LocalBoot {
    /// The way is the first word of its column; the ledger remembers behind it how the last starts went.
    fileprivate init?(column: String) {
        guard let word = column.split(separator: " ").first, let way = try? LocalBoot(String(word)) else { return nil }
        self = way
    }
}

extension Operation {
    public static let columns = "id, host, started_at, ended_at, outcome, server_types_version, reentries, image"

    public init(_ row: borrowing Row) {
        self.init(
            id: row.text(0), host: row.text(1), startedAt: Timestamp(milliseconds: row.int(2)),
            endedAt: row.optionalInt(3).map { Timestamp(milliseconds: $0) },
            outcome: row.optionalText(4).flatMap { HostState(rawValue: $0) }, serverTypesVersion: row.int(5),
            reentries: Int(row.int(6)), image: row.optionalText(7))
    }
}

extension OperationStep {
    init?(_ row: borrowing Row) {
        guard let state = HostState(rawValue: row.text(0)) else { return nil }
        self.init(
            state: state, startedAt: Timestamp(milliseconds: row.int(1)),
            endedAt: row.optionalInt(2).map { Timestamp(milliseconds: $0) },
            outcome: row.optionalText(3).flatMap { LifecycleEvent(rawValue: $0) }, reason: row.optionalText(4))
    }
}

extension Event {
    static let columns = "id, at, kind, message, reason, host, hostname, operation, actor, request"

    init?(_ row: borrowing Row) {
        guard let kind = Kind(rawValue: row.text(2)) else { return nil }
        self.init(
            id: row.int(0), at: Timestamp(milliseconds: row.int(1)), kind: kind, message: row.text(3),
            reason: row.optionalText(4), host: row.optionalText(5), hostname: row.optionalText(6),
            operation: row.optionalText(7), actor: row.text(8), request: row.optionalText(9))
    }
}

extension Discovery {
    public static let columns =
        "mac, first_seen, last_seen, architecture, vendor_class, uuid, serial, manufacturer, product, address, is_ignored"

    public init?(_ row: borrowing Row) {
        guard let mac = try? MACAddress(row.text(0)) else { return nil }
        let traits = Traits(
            architecture: row.optionalInt(3).map(Int.init), vendorClass: row.optionalText(4), uuid: row.optionalText(5),
            serial: row.optionalText(6), manufacturer: row.optionalText(7), product: row.optionalText(8),
            address: row.optionalText(9))
        self.init(
            mac: mac, firstSeen: Timestamp(milliseconds: row.int(1)), lastSeen: Timestamp(milliseconds: row.int(2)),
            isIgnored: row.int(10) != 0, traits: traits)
    }
}

/// What the readers ask, and the writer within its transactions too.
extension Connection {
    /// The host that owns this interface.
    public func host(withMAC mac: MACAddress) throws(DatabaseError) -> Host? {
        try rows(
            "SELECT \(Host.columns) FROM host JOIN host_mac ON host_mac.host = host.id WHERE host_mac.mac = ?",
            .text("\(mac)")
        ) { Host($0) }.first ?? nil
    }

    /// The operation under way whose token has this hash, and its host.
    public func operation(withToken hash: [UInt8]) throws(DatabaseError) -> (Operation, Host)? {
        let operations = try rows(
            "SELECT \(Operation.columns) FROM operation WHERE token_hash = ? AND ended_at IS NULL", .blob(hash)
        ) { Operation($0) }
        guard let operation = operations.first else { return nil }
        let hosts = try rows("SELECT \(Host.columns) FROM host WHERE id = ?", .text(operation.host)) { Host($0) }
        return (hosts.first ?? nil).map { (operation, $0) }
    }

    /// What machines behind a MAC address said they are.
    public func identities(of mac: MACAddress) throws(DatabaseError) -> [Identity] {
        try rows("SELECT uuid, serial, address FROM identity WHERE mac = ? ORDER BY first_seen", .text("\(mac)")) {
            Identity(uuid: $0.text(0), serial: $0.text(1), address: $0.optionalText(2))
        }
    }
}
