import Database
public import Model
import Store

extension Ledger {
    /// Moves a host along the lifecycle table, or refuses: the only place where a state changes.
    public func advance(hostID: String, on event: LifecycleEvent, reason: String? = nil, by author: Author) throws
        -> Host
    {
        try connection.write {
            if let done = try hostAlreadyChanged(.hostAdvanced, by: author) { return try existingHost(id: done) }
            return try move(try existingHost(id: hostID), on: event, reason: reason, by: author)
        }
    }

    /// The part of a command that moves a host.
    func move(_ host: Host, on event: LifecycleEvent, reason: String?, by author: Author) throws -> Host {
        guard let step = Lifecycle.step(from: host.state, on: event) else {
            throw Refused(.conflict, Self.refusal(of: event, for: host))
        }
        try followClockWithin()
        let moment = now()
        let operation = try operation(of: host, leading: step.to, at: moment)
        var moved = host
        (moved.state, moved.stateSince) = (step.to, moment)
        try connection.run(
            "UPDATE host SET state = ?, state_since = ? WHERE id = ?",
            .text(moved.state.rawValue), .int(moment.milliseconds), .text(moved.id))
        if event == .restarted {
            try connection.run(
                "UPDATE operation SET reentries = reentries + 1, token_hash = NULL WHERE id = ?", .text(operation))
        }
        try noteStep(moved, after: event, reason, operation, moment)
        try letGo(operation)
        try noteArrival(nil, ofOperation: operation)
        try setDeadline(moved, operation, moment)
        if step.to == .pxeReady { try forgetVerdicts(moved) }
        if host.state == .joining { try passTurn(moment) }
        for effect in step.effects { try add(effect, moved, operation, moment) }
        let why = reason.map { ": \($0)" } ?? "."
        try append(
            .hostAdvanced, "\(moved.hostname) went from \(host.state.rawValue) to \(moved.state.rawValue)\(why)",
            reason: reason, host: moved, operation: operation, by: author)
        return moved
    }

    /// Fails every host whose deadline has passed, and gives their names.
    public func passDeadlines(by author: Author) throws -> [String] {
        try followClock()
        let due = try connection.rows(
            """
            SELECT \(Host.columns), deadline.operation FROM deadline JOIN host ON host.id = deadline.host
            WHERE deadline.due_at <= ? ORDER BY deadline.due_at
            """, .int(now().milliseconds)
        ) { row in Host(row).map { ($0, row.text(Host.width)) } }.compactMap(\.self)
        var late: [String] = []
        for (host, operation) in due {
            let time = try time(of: host, operation)
            if try isTooEarly(host, operation, time: time) { continue }
            let minutes = time.components.seconds / 60
            let found = try arrival(ofOperation: operation).map { " \($0)" } ?? ""
            let hang = try hang(of: host, operation)
            let isRetried = try hang != nil && isRetried(host, operation, try installerProgress(of: operation))
            let reason =
                try hang.map { $0 + (isRetried ? Self.retrySentence : "") }
                ?? verdictOnNetboot(ofHost: host.id, host.state).map {
                    "it never netbooted in \(minutes) minutes. \($0)"
                } ?? (host.state == .joining ? problemOfJoin(operation) : nil).map {
                    "it did not join in \(minutes) minutes. \($0)"
                } ?? host.state.sentenceAfter(minutes: minutes) + found
            try connection.write {
                _ = try move(try existingHost(id: host.id), on: .deadlinePassed, reason: reason, by: author)
                if isRetried { try retry(host, operation) }
            }
            late.append("\(host.hostname)")
        }
        return late
    }

    /// Ends the step that the operation was in, and begins the next.
    private func noteStep(
        _ host: Host, after event: LifecycleEvent, _ reason: String?, _ operation: String, _ moment: Timestamp
    ) throws {
        try connection.run(
            "UPDATE operation_step SET ended_at = ?, outcome = ?, reason = ? WHERE operation = ? AND ended_at IS NULL",
            .int(moment.milliseconds), .text(event.rawValue), .text(reason), .text(operation))
        guard host.state.isUnderWay else { return }
        try connection.run(
            """
            INSERT INTO operation_step (operation, number, state, started_at)
            VALUES (?1, (SELECT count(*) + 1 FROM operation_step WHERE operation = ?1), ?2, ?3)
            """, .text(operation), .text(host.state.rawValue), .int(moment.milliseconds))
    }

    public func nextDeadline() throws -> Timestamp? {
        try connection.rows("SELECT min(due_at) FROM deadline") { row in
            row.optionalInt(0).map { Timestamp(milliseconds: $0) }
        }.first ?? nil
    }

    /// The operation a step belongs to: begun by the step that leaves rest, ended by the one that comes back to it.
    private func operation(of host: Host, leading state: HostState, at moment: Timestamp) throws -> String {
        let running = try connection.rows(
            "SELECT id FROM operation WHERE host = ? AND ended_at IS NULL", .text(host.id)
        ) { $0.text(0) }.first
        let operation = try running ?? begin(host, moment)
        if !state.isUnderWay {
            try connection.run(
                "UPDATE operation SET ended_at = ?, outcome = ?, token_hash = NULL WHERE id = ?",
                .int(moment.milliseconds), .text(state.rawValue), .text(operation))
        }
        return operation
    }

    private func begin(_ host: Host, _ moment: Timestamp) throws -> String {
        let id = newID()
        try connection.run(
            """
            INSERT INTO operation (id, host, started_at, server_types_version)
            VALUES (?, ?, ?, (SELECT coalesce(max(version), 0) FROM server_types))
            """, .text(id), .text(host.id), .int(moment.milliseconds))
        return id
    }

    func setDeadline(_ host: Host, _ operation: String, _ moment: Timestamp) throws {
        try connection.run("DELETE FROM deadline WHERE host = ?", .text(host.id))
        guard host.state.isUnderWay else { return }
        let deadline = try time(of: host, operation)
        try connection.run(
            "INSERT INTO deadline (host, operation, due_at) VALUES (?, ?, ?)",
            .text(host.id), .text(operation), .int((moment + deadline).milliseconds))
    }

    /// How long it may stay in its state: by its server type, in the version that the operation keeps, or as is usual.
    private func time(of host: Host, _ operation: String) throws -> Duration {
        let own = try serverType(of: host, operation).flatMap { Deadlines(serverType: $0).times[host.state] }
        return own ?? host.state.deadline ?? .zero
    }

    /// As JSON, in the version that the operation keeps.
    func serverType(of host: Host, _ operation: String) throws -> String? {
        try connection.rows(
            """
            SELECT server_type.body FROM operation JOIN server_type ON server_type.version = server_types_version
            WHERE operation.id = ? AND server_type.key = ?
            """, .text(operation), .text(host.serverType)
        ) { $0.text(0) }.first
    }

    func add(_ effect: Effect, _ host: Host, _ operation: String, _ moment: Timestamp) throws {
        try connection.run(
            "INSERT INTO effect (host, operation, kind, due_at) VALUES (?, ?, ?, ?)",
            .text(host.id), .text(operation), .text(effect.rawValue), .int(moment.milliseconds))
    }

    private static func refusal(of event: LifecycleEvent, for host: Host) -> String {
        let possible = Lifecycle.events(in: host.state).map(\.rawValue).joined(separator: ", ")
        return "\(host.hostname) is \(host.state.rawValue), where \(event.rawValue) is not possible;"
            + " possible are: \(possible)."
    }
}
