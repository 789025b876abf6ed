import Database
import Model
import Store

extension Ledger {
    /// Notes that a machine was sent to its own disk, and takes the other way there if it comes straight back twice.
    ///
    /// A person who restarts a machine once is not meant.
    func noteStart(of host: Host, at moment: Timestamp, by author: Author) throws -> Consequence? {
        guard var record = try localBootRecord(of: host), case .automatic(let isSwitched) = record.way,
            record.note(moment)
        else { return nil }
        guard record.returns == 2 else {
            try put(record, of: host)
            return nil
        }
        if isSwitched {
            try put(record, of: host)
            return try tell(.hostNoticed, Self.helpless(host), host, by: author)
        }
        var switched = host
        switched.localBoot = .automatic(isSwitched: true)
        // The script that the machine has just fetched still went the way before.
        try put(LocalBootRecord(switched.localBoot, lastStart: moment, returns: -1), of: switched)
        return try tell(.hostChanged, Self.switching(host), switched, by: author)
    }

    func put(_ record: LocalBootRecord, of host: Host) throws(DatabaseError) {
        try connection.run("UPDATE host SET local_boot = ? WHERE id = ?", .text(record.column), .text(host.id))
    }

    private func localBootRecord(of host: Host) throws -> LocalBootRecord? {
        try connection.rows("SELECT local_boot FROM host WHERE id = ?", .text(host.id)) {
            LocalBootRecord(column: $0.text(0))
        }.first ?? nil
    }

    private func tell(_ kind: Event.Kind, _ sentence: String, _ host: Host, by author: Author) throws -> Consequence {
        try append(kind, sentence, host: host, by: author)
        return Consequence(host: host, kind: kind, sentence: sentence)
    }

    private static func switching(_ host: Host) -> String {
        "\(host.hostname) came straight back twice after it was sent to its own disk: from now on it is sent there the"
            + " other way (UEFI by sanboot, a BIOS by exit)."
    }

    private static func helpless(_ host: Host) -> String {
        "\(host.hostname) comes straight back from its own disk by exit and by sanboot: look at what is on the disk, or"
            + " name the program on it: sprout hosts set \(host.hostname) --local-boot file:PATH"
    }
}

/// The way of a host to its own disk, and how the last starts by it went: one column, so that a restart forgets nothing.
struct LocalBootRecord: Equatable {
    let way: LocalBoot
    var lastStart: Timestamp?
    /// How often in a row the machine came straight back.
    var returns = 0

    init(_ way: LocalBoot, lastStart: Timestamp? = nil, returns: Int = 0) {
        self.way = way
        self.lastStart = lastStart
        self.returns = returns
    }

    /// True if this is another start, and not the same one told or asked for again.
    mutating func note(_ moment: Timestamp) -> Bool {
        guard let last = lastStart else {
            lastStart = moment
            return true
        }
        guard moment >= last + Self.quickestRestart else { return false }
        returns = moment <= last + Self.straightBack ? returns + 1 : 0
        lastStart = moment
        return true
    }

    /// What comes sooner is the same start: UEFI that is left goes on with its other netboot entries before its disk.
    private static let quickestRestart = Duration.seconds(10)
    /// A system that has started from its disk stays there for longer.
    private static let straightBack = Duration.seconds(180)
}

extension LocalBootRecord {
    var column: String {
        guard let lastStart else { return "\(way)" }
        return "\(way) \(lastStart) \(returns)"
    }

    init?(column: String) {
        let words = column.split(separator: " ").map(String.init)
        guard let first = words.first, let way = try? LocalBoot(first) else { return nil }
        self.init(way)
        guard words.count == 3, let moment = Timestamp(words[1]), let returns = Int(words[2]) else { return }
        (lastStart, self.returns) = (moment, returns)
    }
}
