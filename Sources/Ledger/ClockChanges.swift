import Database
import Model
import Store

/// The clock of a small box is wrong when it starts, and is set later: what is under way must not notice.
///
/// All that is due has its moment on the wall clock. When that was set, each moment moves with it; and after the box was
/// off, what remained of each time when it was last awake remains.
extension Ledger {
    /// Looks whether the clock was set, before anything is done that depends on it.
    func followClock() throws {
        guard try isClockNews() else { return }
        try connection.write { try followClockWithin() }
    }

    /// The same as a part of a command.
    func followClockWithin() throws {
        let reading = clock()
        guard let kept = try keptReading() else { return try keep(reading) }
        let expected = reading.expected(after: kept)
        let jump = reading.wall.milliseconds - expected.milliseconds
        guard abs(jump) >= Self.leastJump else {
            // What the clock is corrected by in small steps adds up until it counts.
            if reading.uptime - kept.uptime >= Self.pause {
                try keep(ClockReading(boot: reading.boot, uptime: reading.uptime, wall: expected))
            }
            return
        }
        try keep(reading)
        let isAwake = reading.isOfSameBoot(as: kept)
        guard try isAnythingUnderWay() || isAwake else { return }
        try moveAll(by: jump)
        // A token is good for so many days, not until a day that a box without a clock has made up.
        if isAwake { try connection.run("UPDATE api_token SET expires_at = expires_at + ?", .int(jump)) }
        let change = isAwake ? "The clock was set" : "This box was off, and its clock went"
        try append(
            .clockChanged,
            "\(change) from \(expected) to \(reading.wall). What is under way keeps the time that it had left.",
            by: Author(actor: "sprout-orchestrator"))
    }

    private func isClockNews() throws -> Bool {
        guard let kept = try keptReading() else { return true }
        let reading = clock()
        let jump = reading.wall.milliseconds - reading.expected(after: kept).milliseconds
        if abs(jump) >= Self.leastJump { return true }
        // A box that may write to its flash once in a while only, writes nothing while it waits for nothing.
        return try reading.uptime - kept.uptime >= Self.pause && isAnythingUnderWay()
    }

    /// All moments that have a meaning for what is under way, and what was seen of it.
    private func moveAll(by jump: Int64) throws(DatabaseError) {
        let running = "(SELECT id FROM operation WHERE ended_at IS NULL)"
        for statement in [
            "UPDATE deadline SET due_at = due_at + ?",
            "UPDATE effect SET due_at = due_at + ? WHERE done_at IS NULL",
            "UPDATE host SET state_since = state_since + ? WHERE id IN (SELECT host FROM operation WHERE ended_at IS NULL)",
            """
            UPDATE operation_step SET started_at = started_at + ?1, ended_at = ended_at + ?1
            WHERE operation IN \(running)
            """,
            "UPDATE operation SET started_at = started_at + ? WHERE ended_at IS NULL",
            "UPDATE sighting SET at = at + ?",
            "UPDATE foreign_server SET first_seen = first_seen + ?1, last_seen = last_seen + ?1",
        ] {
            try connection.run(statement, .int(jump))
        }
    }

    private func isAnythingUnderWay() throws(DatabaseError) -> Bool {
        let found = try connection.rows(
            "SELECT EXISTS (SELECT 1 FROM deadline) OR EXISTS (SELECT 1 FROM effect WHERE done_at IS NULL)"
        ) { $0.int(0) }
        return found.first == 1
    }

    private func keptReading() throws(DatabaseError) -> ClockReading? {
        try connection.rows("SELECT value FROM setting WHERE key = ?", .text(Self.key)) {
            $0.optionalText(0).flatMap { ClockReading($0) }
        }.first ?? nil
    }

    private func keep(_ reading: ClockReading) throws(DatabaseError) { try put(Self.key, reading.text) }

    private static let key = "clock"
    /// Less than this is how a clock is kept right.
    private static let leastJump: Int64 = 1000
    /// How exactly it is known, after the box was off, when it was last awake.
    private static let pause: Int64 = 10_000
}
