public import Model

/// What is looked at before a join: rules over what both sides say, in the order in which people would look.
extension ClusterState {
    /// How the cluster itself is.
    public var ticks: [ClusterTick] { [cluster, quorum, presence] }

    /// Whether a new node can join as it is now.
    public func ticks(for newcomer: Newcomer) -> [ClusterTick] {
        ticks + [
            name(newcomer.name, removing: newcomer.removesNamesake), host(newcomer), addresses(newcomer),
            versions(newcomer), clock(newcomer), ports(newcomer),
        ]
    }

    private var cluster: ClusterTick {
        ClusterTick(
            .cluster, .good,
            "\(asked) is in the cluster \(name), \(nodes.count == 1 ? "its only member" : "one of \(nodes.count) members")."
        )
    }

    private var quorum: ClusterTick {
        guard !isQuorate else { return ClusterTick(.quorum, .good, "The cluster \(name) is quorate: \(vote).") }
        let absent = nodes.filter { !$0.isOnline }.map(\.name).joined(separator: ", ")
        return ClusterTick(
            .quorum, .bad,
            "The cluster \(name) has no quorum: \(vote). Start what is off\(absent.isEmpty ? "" : " (\(absent))"); only if"
                + " that never comes back: pvecm expected 1 on \(asked), and then pvecm delnode.",
            isPassing: true)
    }

    private var presence: ClusterTick {
        let absent = nodes.filter { !$0.isOnline }.map(\.name)
        guard !absent.isEmpty else { return ClusterTick(.members, .good, "All members are online.") }
        return ClusterTick(.members, .caution, "Not online: \(absent.joined(separator: ", ")).")
    }

    /// Whether a name is free, or is that of a member that is gone and may be taken out.
    public func name(_ wanted: String, removing: Bool) -> ClusterTick {
        guard let namesake = node(wanted) else {
            return ClusterTick(.name, .good, "No member is called \(wanted).")
        }
        guard !namesake.isOnline else {
            return ClusterTick(
                .name, .bad,
                "\(wanted) is a live member of \(name) (node \(namesake.id), online). Move its guests away, shut it down,"
                    + " and ask again: Sprout then takes what is left of it out of the cluster. It must not start again"
                    + " from its old disk.")
        }
        let reading =
            namesake.guestFiles == nil
            ? " (how they are configured, the API does not say of a member that is off: see"
                + " /etc/pve/nodes/\(wanted)/qemu-server and lxc on \(asked))" : ""
        let guests =
            namesake.guests.isEmpty
            ? "no guests" : "the guests \(namesake.guests.joined(separator: ", ")), whose disks were on it\(reading)"
        guard removing else {
            return ClusterTick(
                .name, .bad,
                "\(wanted) is left in \(name) as a member that is offline (node \(namesake.id)), with \(guests). Say that"
                    + " it may be taken out: with --remove-member, or \"remove_member\": true.")
        }
        let moving =
            namesake.guests.isEmpty
            ? ""
            : " They show up on the new node without disks, unless you move them before, on \(asked): mv"
                + " /etc/pve/nodes/\(wanted)/qemu-server/*.conf /etc/pve/nodes/\(asked)/qemu-server/, and lxc in the same way."
        return ClusterTick(
            .name, namesake.guests.isEmpty ? .good : .caution,
            "The dead member \(wanted) (node \(namesake.id), offline) has \(guests): it is taken out of \(name) before the"
                + " join.\(moving)")
    }

    private func host(_ newcomer: Newcomer) -> ClusterTick {
        let facts = newcomer.facts
        if let other = facts.cluster {
            return ClusterTick(
                .host, .bad,
                "\(newcomer.name) is already in the cluster \(other), though it is newly installed. Rebuild it.")
        }
        if facts.hasGuests {
            return ClusterTick(
                .host, .bad,
                "\(newcomer.name) has guests already: a node joins without any. Remove them, or rebuild it.")
        }
        if let unit = facts.missing.first {
            return ClusterTick(
                .host, .bad, "\(unit) is not up on \(newcomer.name). Look there: journalctl -u \(unit)",
                isPassing: true)
        }
        return ClusterTick(.host, .good, "\(newcomer.name) runs, and has no guests.")
    }

    private func addresses(_ newcomer: Newcomer) -> ClusterTick {
        let links = links(for: newcomer)
        for (number, address) in links {
            guard let address else {
                let example = nodes.compactMap { $0.links[number] }.first ?? ""
                return ClusterTick(
                    .links, .bad,
                    "The cluster has the link \(number) (\(example) on \(nodes.first?.name ?? asked)), and"
                        + " \(newcomer.name) has no address in that network. Give it one, in /etc/network/interfaces,"
                        + " and rebuild; or join it by hand.")
            }
            // All nodes of a rehearsal are on one machine.
            let holder =
                address.hasPrefix("127.")
                ? nil
                : nodes.first { node in
                    node.name != newcomer.name && (node.address == address || node.links.values.contains(address))
                }
            if let holder {
                return ClusterTick(
                    .address, .bad, "\(address) is \(holder.name)'s in \(name). Give \(newcomer.name) another address.")
            }
        }
        let words = links.compactMap { link in link.address.map { "link \(link.number) is \($0)" } }
        return ClusterTick(.links, .good, "Its addresses are free in the cluster: \(words.joined(separator: ", ")).")
    }

    private func versions(_ newcomer: Newcomer) -> ClusterTick {
        guard let own = newcomer.facts.release else {
            return ClusterTick(
                .versions, .bad, "\(newcomer.name) does not say which Proxmox VE it is.", isPassing: true)
        }
        return versions(newcomer.name, own)
    }

    /// Whether Proxmox VE of one release joins that of the cluster.
    public func versions(_ newcomer: String, _ own: String) -> ClusterTick {
        if own == release { return ClusterTick(.versions, .good, "Both are Proxmox VE \(release).") }
        func major(_ release: String) -> Substring { release.prefix { $0 != "." } }
        guard major(own) == major(release) else {
            return ClusterTick(
                .versions, .bad,
                "\(newcomer) is Proxmox VE \(own), and \(asked) is \(release): install an image of the same series, or"
                    + " update the cluster first.")
        }
        return ClusterTick(
            .versions, .caution,
            "\(newcomer) is Proxmox VE \(own), and \(asked) is \(release): update the older one soon.")
    }

    private func clock(_ newcomer: Newcomer) -> ClusterTick {
        guard let lead = newcomer.lead else {
            return ClusterTick(.clock, .bad, "\(newcomer.name) does not tell its time.", isPassing: true)
        }
        let milliseconds = Int(lead / .milliseconds(1))
        let words = "\(abs(milliseconds)) ms \(milliseconds < 0 ? "behind" : "ahead of") \(asked)"
        guard lead.magnitude < .seconds(1) else {
            return ClusterTick(
                .clock, .bad,
                "The clock of \(newcomer.name) is \(words): corosync and certificates want less than a second. It is being"
                    + " set by its time servers; if that does not help, look at chronyc sources there and on \(asked).",
                isPassing: true)
        }
        return ClusterTick(.clock, .good, "The clock of \(newcomer.name) is \(words).")
    }

    private func ports(_ newcomer: Newcomer) -> ClusterTick {
        let closed = newcomer.facts.closedPorts
        guard closed.isEmpty else {
            return ClusterTick(
                .ports, .bad,
                "\(newcomer.name) does not reach \(closed.joined(separator: ", ")) of \(asked). Open it in the firewall"
                    + " between them: tcp/22, tcp/8006 and udp/5405 to 5412.", isPassing: true)
        }
        guard let time = newcomer.facts.roundTrip else {
            return ClusterTick(
                .ports, .caution, "\(asked) is reached, and answers no ping: how far it is, is not known.")
        }
        guard time < 5 else {
            return ClusterTick(
                .ports, .caution,
                "A packet to \(asked) and back takes \(time) ms: corosync wants less than 5 between all members.")
        }
        return ClusterTick(.ports, .good, "\(asked) is reached in \(time) ms.")
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
