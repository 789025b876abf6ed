import Database
public import Model
import Store

extension Ledger {
    /// Ends what is being done with a host; the timeline says who wanted that, and what is on the disk now.
    public func cancel(hostID: String, by author: Author) throws -> Cancelled {
        try connection.write {
            let before = try existingHost(id: hostID)
            if try hostAlreadyChanged(.hostAdvanced, by: author) != nil {
                let step = try lastStep(ofHost: hostID)
                return Cancelled(host: before, disk: try disk(of: before, in: step))
            }
            let disk = try disk(of: before, in: before.state)
            let host = try move(
                before, on: .cancel, reason: "it was cancelled by \(author.actor); \(disk).", by: author)
            return Cancelled(host: host, disk: disk)
        }
    }

    private func disk(of host: Host, in state: HostState) throws -> String {
        let begun = try connection.rows(
            """
            SELECT 1 FROM operation_step WHERE state = 'installing' AND operation =
            (SELECT id FROM operation WHERE host = ? ORDER BY rowid DESC LIMIT 1)
            """, .text(host.id)
        ) { $0.int(0) }
        return Cancelled.disk(in: state, installerHasBegun: !begun.isEmpty)
    }

    /// The state that the latest operation was in when it ended.
    private func lastStep(ofHost id: String) throws -> HostState {
        let states = try connection.rows(
            """
            SELECT state FROM operation_step WHERE operation =
            (SELECT id FROM operation WHERE host = ? ORDER BY rowid DESC LIMIT 1) ORDER BY number DESC LIMIT 1
            """, .text(id)
        ) { HostState(rawValue: $0.text(0)) }
        return (states.first ?? nil) ?? .registered
    }
}
