import FoundationEssentials

/// How a unit of another machine's systemd is.
public enum UnitState: Equatable, Sendable {
    /// It was never started, or the machine has restarted since.
    case unknown
    case running
    case ended(End)
    /// Systemd ended it for a reason of its own, such as `resources`.
    case failed(reason: String)
}

/// What a unit wrote into its journal: one line, and where that is, for going on after it.
public struct JournalLine: Equatable, Sendable {
    public let cursor: String
    public let text: String
}

/// What `systemctl show` prints of a unit, an empty line, and what `journalctl --output=json` prints of it.
struct UnitReport {
    private static let longestLine = 1 << 20
    private var fields: [Substring: Substring] = [:]
    private var isInJournal = false
    private var rest: [UInt8] = []

    /// Takes bytes as they arrive, and gives the lines of the journal that are complete by now.
    mutating func add(_ bytes: [UInt8]) -> [JournalLine] {
        var lines = (rest + bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let last = lines.removeLast()
        rest = last.count > Self.longestLine ? [] : Array(last)
        return lines.compactMap { line in
            if isInJournal { return (try? JSONDecoder().decode(Entry.self, from: Data(line))).flatMap(ours) }
            if line.isEmpty { isInJournal = true }
            let parts = String(decoding: line, as: UTF8.self).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
            return nil
        }
    }

    /// A line that was written since the unit began.
    private func ours(_ entry: Entry) -> JournalLine? {
        entry.monotonic >= fields["Start"].flatMap { UInt64($0) } ?? 0 ? entry.line : nil
    }

    /// Nil before all of it is there.
    var state: UnitState? {
        guard isInJournal, let loaded = fields["LoadState"], let active = fields["ActiveState"] else { return nil }
        guard loaded == "loaded" else { return .unknown }
        switch (active, fields["SubState"]) {
        case ("failed", _), (_, "exited"): return end
        case ("inactive", _): return .unknown
        default: return .running
        }
    }

    private var end: UnitState {
        // CLD_EXITED, and CLD_KILLED or CLD_DUMPED.
        switch (fields["ExecMainCode"], fields["ExecMainStatus"].flatMap { Int($0) }, fields["Signal"]) {
        case ("1", let status?, _): .ended(.exited(status))
        case ("2", _, let signal?), ("3", _, let signal?): .ended(.killed(signal: String(signal)))
        default: .failed(reason: String(fields["Result"] ?? "unknown"))
        }
    }
}

/// One entry of the journal as JSON: what is no text, or has control characters in it, is there as numbers.
private struct Entry: Decodable {
    let line: JournalLine
    /// Microseconds since the machine started: its clock may be set right in between.
    let monotonic: UInt64

    private enum Field: String, CodingKey {
        case cursor = "__CURSOR"
        case message = "MESSAGE"
        case monotonic = "__MONOTONIC_TIMESTAMP"
    }

    init(from decoder: any Decoder) throws {
        let entry = try decoder.container(keyedBy: Field.self)
        let bytes = try? entry.decode([UInt8].self, forKey: .message)
        let text = try bytes.map { String(decoding: $0, as: UTF8.self) } ?? entry.decode(String.self, forKey: .message)
        line = JournalLine(cursor: try entry.decode(String.self, forKey: .cursor), text: text.printable)
        monotonic = UInt64(try entry.decode(String.self, forKey: .monotonic)) ?? 0
    }
}
