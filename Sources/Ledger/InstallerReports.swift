import Database
public import Model
import Store

extension Ledger {
    /// All that the answer of one machine is made from.
    public struct AnswerGrant: Sendable {
        public let host: Host
        public let operation: String
        /// The server type as JSON, of the version that the operation keeps.
        public let serverType: String
        public let installation: Installation
        public let publicKey: String
        /// The disks whose contents somebody agreed to lose, by their serial numbers.
        public let erases: [String]
        /// Whether the host's state changed by it.
        public let isFirst: Bool
    }

    /// The installer of a host asks for its answer: only the machine that the operation is for gets one.
    public func answer(
        _ machine: SystemInformation, as json: String, for caller: Caller, by author: Author
    ) throws -> Admission<AnswerGrant> {
        try admit(caller, "for an installer's answer", by: author) { host, operation in
            guard host.state.awaitsInstaller else {
                return try refuse(
                    "\(caller.address) asked for the answer of \(host.hostname), which is \(host.state.rawValue): it"
                        + " got nothing.", host, operation: operation.id, by: author)
            }
            if let why = try strangeness(of: machine, host) {
                return try refuse(
                    "Another machine asked for the answer of \(host.hostname), from \(caller.address): \(why). It got"
                        + " nothing.", host, operation: operation.id, by: author)
            }
            let isFirst = host.state != .installing
            if isFirst {
                try connection.run(
                    "UPDATE operation SET machine = ? WHERE id = ?", .text(json), .text(operation.id))
                let traits = Discovery.Traits(
                    uuid: machine.dmi.system.uuid, serial: machine.dmi.system.serial,
                    product: machine.dmi.system.name, address: caller.address)
                _ = try noteIdentity(host.mac, traits, by: author.continued)
                try walk(host, along: [.fetchedKernel, .askedForAnswer], "its installer has its answer.", by: author)
            }
            return .granted(try grant(host, operation.id, isFirst: isFirst))
        }
    }

    /// The installer is done: netboot is disarmed by the state that this leads to.
    public func installed(
        hostID: String, _ report: InstalledReport, as json: String, for caller: Caller, by author: Author
    ) throws -> Admission<Host> {
        if let done = try hostAlreadyChanged(.hostAdvanced, by: author) { return .granted(try existingHost(id: done)) }
        return try admit(caller, "to have a host marked as installed", by: author) { host, operation in
            guard host.id == hostID, host.state == .installing else {
                let why = host.id == hostID ? "which is \(host.state.rawValue)" : "with the token of another host"
                return try refuse(
                    "\(caller.address) told that \(host.hostname) is installed, \(why): nothing changed.", host,
                    operation: operation.id, by: author)
            }
            try connection.run(
                """
                INSERT OR REPLACE INTO inventory (host, installed_at, report) VALUES (?, ?, ?)
                """, .text(host.id), .int(now().milliseconds), .text(json))
            try learn(report.ports.map(\.mac), of: host)
            try forgetWhatWasWiped(host, operation.id)
            try keepPace(of: host, operation.id)
            let disks = report.bootDisks.map(\.description).joined(separator: "; ")
            let system = "Proxmox VE \(report.version ?? report.iso?.release ?? "")"
            let reason = "\(system) is on its disk\(disks.isEmpty ? "" : " (\(disks))"); it restarts."
            return .granted(try move(host, on: .reportedInstalled, reason: reason, by: author))
        }
    }

    /// The installed system has started, and tells what it is; another machine than the one installed ends all.
    ///
    /// `address` is where it is reached, if that is certain; `end` says why the host is ready with that, as the end of the sentence of its last step; nil where it is to join.
    public func phonedHome(
        hostID: String, _ report: StartReport, as json: String, for caller: Caller, reachedAt address: String?,
        end: String?,
        by author: Author
    ) throws -> Admission<Host> {
        if let done = try hostAlreadyChanged(.hostAdvanced, by: author) { return .granted(try existingHost(id: done)) }
        return try admit(caller, "to have a host marked as started", by: author) { host, operation in
            guard host.id == hostID, [.installed, .firstBoot].contains(host.state) else {
                let why = host.id == hostID ? "which is \(host.state.rawValue)" : "with the token of another host"
                return try refuse(
                    "\(caller.address) told that \(host.hostname) has started, \(why): nothing changed.", host,
                    operation: operation.id, by: author)
            }
            if let why = try strangeness(of: report, host, operation.id) {
                let sentence = "this is not \(host.hostname): \(why). Look which machine started at \(caller.address)."
                return .granted(try move(host, on: .broke, reason: sentence, by: author))
            }
            try connection.run(
                "UPDATE inventory SET started_at = ?, start_report = ?, start_address = ? WHERE host = ?",
                .int(now().milliseconds), .text(json),
                .text(address),
                .text(host.id))
            let addresses = report.addresses.joined(separator: ", ")
            try walk(
                host, along: [.startedNewSystem, .phonedHome],
                "it is reached at \(addresses.isEmpty ? caller.address : addresses).", by: author)
            let joining = try existingHost(id: host.id)
            guard let end else { return .granted(joining) }
            return .granted(try move(joining, on: .joined, reason: end, by: author.continued))
        }
    }

    /// What would be in an answer now cannot be given: the installer stops, and so does the operation.
    public func refuseAnswer(hostID: String, because reason: String, by author: Author) throws -> Host {
        try connection.write {
            try move(try existingHost(id: hostID), on: .broke, reason: reason, by: author.continued)
        }
    }

    // MARK: Pieces

    /// Takes the steps that are possible one after the other: a step that was not seen is made up for.
    private func walk(
        _ host: Host, along events: [LifecycleEvent], _ reason: String, by author: Author
    ) throws {
        var (host, author) = (host, author)
        for event in events where Lifecycle.step(from: host.state, on: event) != nil {
            host = try move(host, on: event, reason: event == events.last ? reason : nil, by: author)
            author = author.continued
        }
    }

    private func grant(_ host: Host, _ operation: String, isFirst: Bool) throws -> AnswerGrant {
        let rows = try connection.rows(
            """
            SELECT server_type.body, operation.installation, operation.public_key, operation.erases FROM operation
            LEFT JOIN server_type ON server_type.version = operation.server_types_version AND server_type.key = ?
            WHERE operation.id = ?
            """, .text(host.serverType), .text(operation)
        ) { ($0.optionalText(0), $0.optionalText(1), $0.optionalText(2), $0.text(3)) }
        guard let (type, installation, key, erases) = rows.first, let type, let installation, let key else {
            throw Refused(.conflict, "The operation on \(host.hostname) installs nothing.")
        }
        return AnswerGrant(
            host: host, operation: operation, serverType: type, installation: try Installation(json: installation),
            publicKey: key, erases: erases.split(separator: "\n").map(String.init), isFirst: isFirst)
    }

    /// What tells that a machine is not the one that the operation is for; nil if nothing does.
    ///
    /// What it said the first time it asked is among what is known.
    private func strangeness(of machine: SystemInformation, _ host: Host) throws -> String? {
        let macs = machine.ports.map(\.mac)
        guard macs.contains(where: host.macs.contains) else {
            let shown = macs.isEmpty ? "no MAC address" : macs.prefix(4).map { "\($0)" }.joined(separator: ", ")
            return "it has \(shown), and \(host.hostname) is \(host.mac)"
        }
        for mac in host.macs {
            for known in try connection.identities(of: mac) where !known.agrees(with: machine.identity) {
                return "it is \(machine.identity), and \(host.hostname) is \(known)"
            }
        }
        return nil
    }

    private func strangeness(of report: StartReport, _ host: Host, _ operation: String) throws -> String? {
        let installed = try machineInstalled(by: operation)
        if let identity = installed?.identity, !identity.agrees(with: report.identity) {
            return "it is \(report.identity), and what was installed is \(identity)"
        }
        let known = Set(host.macs + (installed?.ports.map(\.mac) ?? []))
        if report.macs.isEmpty || !known.isDisjoint(with: report.macs) { return nil }
        return "it has \(report.macs.prefix(4).map { "\($0)" }.joined(separator: ", ")), which are not its own"
    }

    private func machineInstalled(by operation: String) throws -> SystemInformation? {
        try connection.rows("SELECT machine FROM operation WHERE id = ?", .text(operation)) {
            $0.optionalText(0).flatMap { SystemInformation(json: $0) }
        }.first ?? nil
    }

    /// Keys of earlier operations were on the disk that is wiped now: there is nothing to take away any more.
    private func forgetWhatWasWiped(_ host: Host, _ operation: String) throws {
        let earlier = try connection.rows(
            "SELECT id FROM operation WHERE host = ? AND id <> ?", .text(host.id), .text(operation)
        ) { $0.text(0) }
        for id in earlier { try forgetKey(ofOperation: id) }
        try connection.run(
            "UPDATE effect SET done_at = ? WHERE host = ? AND operation <> ? AND kind = ? AND done_at IS NULL",
            .int(now().milliseconds), .text(host.id), .text(operation), .text(Effect.removeKey.rawValue))
    }

    /// The ports of a machine that was installed are its host's own, unless they are another's.
    private func learn(_ macs: [MACAddress], of host: Host) throws {
        for mac in macs.prefix(32 - min(32, host.macs.count)) {
            try connection.run(
                "INSERT OR IGNORE INTO host_mac (mac, host) VALUES (?, ?)", .text("\(mac)"), .text(host.id))
        }
        try forgetDiscoveries(macs)
    }
}

extension Ledger.Author {
    /// The same for what follows within one request, whose id only its first event has.
    var continued: Ledger.Author { Ledger.Author(actor: actor) }
}
