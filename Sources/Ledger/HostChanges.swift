import Database
public import Model
import Store

extension Ledger {
    /// Changes what is known of a host, and nothing of its state.
    ///
    /// `tags` are those of the host as whoever asks has seen it; nil is whatever it is now.
    public func change(hostID: String, by change: HostChange, ifMatch tags: [String]? = nil, author: Author)
        throws -> Host
    {
        try connection.write {
            if let done = try hostAlreadyChanged(.hostChanged, by: author) { return try existingHost(id: done) }
            let before = try existingHost(id: hostID)
            if let tags, !tags.contains(before.tag) {
                throw Refused(
                    .stale, "\(before.hostname) has changed since you looked at it: look again, then change it.")
            }
            let after = try before.changed(by: change)
            let forgetsDisks = try change.isDiskReplaced == true && forgetDisks(of: before)
            guard after != before || forgetsDisks else { return before }
            for mac in after.macs where !before.macs.contains(mac) {
                try refuseTaken(mac, field: mac == after.mac ? "mac" : "add_macs")
            }
            if after.hostname != before.hostname { _ = try refusingTaken(after.hostname) }
            if let address = after.address, address != before.address { try refuseTaken(address) }
            if after.serverType != before.serverType { _ = try hostnamePrefix(of: after.serverType) }
            try update(after)
            // What is remembered of the starts by the way before says nothing about another way.
            if after.localBoot != before.localBoot { try put(LocalBootRecord(after.localBoot), of: after) }
            try forgetDiscoveries(after.macs)
            let words =
                (before.differences(to: after) + (forgetsDisks ? ["its disk was replaced"] : []))
                .joined(separator: "; ")
            try append(.hostChanged, "\(before.hostname) was changed: \(words).", host: after, by: author)
            return after
        }
    }

    /// What it was made of when it was installed last holds no more; true if anything was known.
    private func forgetDisks(of host: Host) throws -> Bool {
        guard !host.state.isUnderWay else {
            throw Refused(
                .conflict,
                "\(host.hostname) is \(host.state.rawValue): its disk cannot be replaced while an operation is under way."
                    + " Cancel it first.", field: "disk_replaced")
        }
        return try connection.run("DELETE FROM inventory WHERE host = ?", .text(host.id)) > 0
    }

    private func update(_ host: Host) throws {
        try connection.run(
            """
            UPDATE host SET hostname = ?, boot_mac = ?, server_type = ?, netboot_program = ?, address = ?,
                live_progress = ? WHERE id = ?
            """,
            .text(host.hostname.description), .text(host.mac.description), .text(host.serverType),
            .text(host.netbootProgram == .automatic ? nil : host.netbootProgram.rawValue), .text(host.address),
            .int(host.hasLiveProgress ? 1 : 0), .text(host.id))
        try connection.run("DELETE FROM host_mac WHERE host = ?", .text(host.id))
        try connection.run("DELETE FROM host_label WHERE host = ?", .text(host.id))
        try insertParts(of: host)
    }
}
