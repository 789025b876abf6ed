import Database
public import Model

/// What is told of all hosts at a glance: a few questions, however many hosts there are.
extension Store {
    /// The hosts that do not get on without a person.
    ///
    /// They failed, or have been told what keeps them from netbooting, or asked a person in the state that they are
    /// in, or have something to be done that was tried in vain more than once.
    public func hostsInNeed() throws -> Set<String> {
        let stuck = try connection.rows(
            """
            SELECT id FROM host WHERE state = 'failed'
            OR state = 'pxe_ready' AND id IN (SELECT host FROM host_mac JOIN verdict USING (mac))
            OR id IN (SELECT host FROM effect WHERE done_at IS NULL AND attempts > 1)
            """
        ) { $0.text(0) }
        return Set(stuck).union(try needs().map(\.host)).union(try heldHosts().map(\.id))
    }

    /// What a person is needed for so that a host gets on, in the state that it is in.
    public func need(of host: Host) throws -> String? { try needs().last { $0.host == host.id }?.need }

    /// What is asked for an operation under way is among the latest effects: this is asked at every event.
    private func needs() throws(DatabaseError) -> [(host: String, need: String)] {
        let asked = try connection.rows(
            """
            SELECT host.id, host.state_since, effect.progress FROM effect
            JOIN operation ON operation.id = effect.operation JOIN host ON host.id = operation.host
            WHERE effect.id > (SELECT max(id) - 5000 FROM effect) AND effect.kind = 'notify'
            AND operation.ended_at IS NULL ORDER BY effect.id
            """
        ) { (host: $0.text(0), stateSince: $0.int(1), progress: $0.optionalText(2)) }
        return asked.compactMap { row in
            guard let progress = row.progress.flatMap({ NoticeProgress(json: $0) }), let need = progress.need,
                progress.since.milliseconds >= row.stateSince
            else { return nil }
            return (row.host, need)
        }
    }

    /// The latest operations of each host, the oldest of them first.
    public func latestOperations(perHost limit: Int) throws -> [String: [Operation]] {
        let operations = try connection.rows(
            """
            SELECT \(Operation.columns) FROM
                (SELECT *, rowid AS number, row_number() OVER (PARTITION BY host ORDER BY rowid DESC) AS place
                FROM operation)
            WHERE place <= ? ORDER BY number
            """, .int(limit)
        ) { Operation($0) }
        return Dictionary(grouping: operations, by: \.host)
    }

    /// How long the states of the latest operations took that went on by themselves.
    public func usualTimes() throws -> UsualTimes {
        let samples = try connection.rows(
            """
            SELECT host.server_type, EXISTS (SELECT 1 FROM host_label WHERE host_label.host = host.id
                AND key = '\(Host.rehearsalLabel.key)' AND value = '\(Host.rehearsalLabel.value)'),
            step.state, step.ended_at - step.started_at
            FROM (SELECT id, host FROM operation ORDER BY rowid DESC LIMIT 500) AS latest
            JOIN operation_step AS step ON step.operation = latest.id JOIN host ON host.id = latest.host
            WHERE step.outcome IN (\(LifecycleEvent.onwards.map { "'\($0.rawValue)'" }.joined(separator: ", ")))
            """
        ) { row in
            HostState(rawValue: row.text(2)).map { state in
                let kind = UsualTimes.Kind(serverType: row.text(0), isRehearsed: row.int(1) != 0)
                return UsualTimes.Sample(kind, state, milliseconds: row.int(3))
            }
        }
        return UsualTimes(samples.compactMap(\.self), paces: try usualPaces())
    }

    private func usualPaces() throws -> [String: UsualPace] {
        let paces = try connection.rows("SELECT server_type, pace FROM installer_pace") {
            (type: $0.text(0), pace: InstallerPace(json: $0.text(1)))
        }
        return Dictionary(grouping: paces, by: \.type).mapValues { UsualPace($0.compactMap(\.pace)) }
    }
}
