import Database
public import Model
import Store

extension Ledger {
    /// Keeps what a machine says it is, and tells when another machine said so of the same MAC address.
    ///
    /// True if that is news.
    func noteIdentity(_ mac: MACAddress, _ traits: Discovery.Traits, by author: Author) throws -> Bool {
        let said = Identity(uuid: traits.uuid, serial: traits.serial, address: traits.address)
        guard !said.isEmpty else { return false }
        let known = try connection.identities(of: mac)
        if let same = known.first(where: { $0.agrees(with: said) }) {
            let merged = Identity(
                uuid: same.uuid ?? said.uuid, serial: same.serial ?? said.serial,
                address: said.address ?? same.address)
            if merged != same { try replace(same, by: merged, mac) }
            return same.serial == nil && merged.serial != nil ? try tellOfTwins(mac, merged, by: author) : false
        }
        guard known.count < Self.mostIdentities else { return false }
        try insert(said, mac)
        guard let first = known.first else { return try tellOfTwins(mac, said, by: author) }
        let host = try connection.host(withMAC: mac)
        let sentence =
            "Two machines claim \(mac): \(first), and \(said). Both start from their own disks until one of them is"
            + " gone, and you have said which it is: sprout wire trust \(mac)"
            + " \(said.serial.map { "--serial \($0)" } ?? "--uuid \(said.uuid ?? "")"), for example."
        try append(.identityContested, sentence, host: host, by: author)
        if let host { try ask(sentence, aboutOperationOn: host) }
        return true
    }

    /// A person says which of the machines that claim a MAC address is the one.
    public func trust(_ mac: MACAddress, uuid: String?, serial: String?, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.identityTrusted, by: author) { return }
            let known = try connection.identities(of: mac)
            let wish = Identity(uuid: uuid, serial: serial)
            let chosen = known.filter {
                ($0.serial != nil && $0.serial == wish.serial) || ($0.uuid != nil && $0.uuid == wish.uuid)
            }
            guard chosen.count == 1, let one = chosen.first else {
                let seen = known.map { "\($0)" }.joined(separator: "; ")
                throw Refused(
                    known.isEmpty ? .missing : .invalid,
                    known.isEmpty
                        ? "Nothing is known of what \(mac) is: it was not seen to netboot."
                        : "That names none, or several, of the machines seen as \(mac). They are: \(seen).")
            }
            for other in known where other != one { try delete(other, mac) }
            try append(
                .identityTrusted, "\(mac) is the machine with \(one).", host: try connection.host(withMAC: mac),
                by: author)
        }
    }

    /// Boards that were never given a UUID of their own share one: it identifies nothing then, and is told once.
    private func tellOfTwins(_ mac: MACAddress, _ identity: Identity, by author: Author) throws -> Bool {
        guard let uuid = identity.uuid, let serial = identity.serial else { return false }
        let twins = try connection.rows(
            "SELECT mac, serial FROM identity WHERE uuid = ? AND mac <> ? AND serial NOT IN ('', ?)", .text(uuid),
            .text("\(mac)"), .text(serial)
        ) { ($0.text(0), $0.text(1)) }
        guard let twin = twins.first else { return false }
        try append(
            .identityContested,
            "\(mac) (serial \(serial)) and \(twin.0) (serial \(twin.1)) say they are one machine: they share the UUID"
                + " \(uuid). Sprout tells them apart by their MAC addresses; nothing is frozen.",
            host: try connection.host(withMAC: mac), by: author)
        return true
    }

    private func insert(_ identity: Identity, _ mac: MACAddress) throws(DatabaseError) {
        let moment = now().milliseconds
        try connection.run(
            """
            INSERT OR IGNORE INTO identity (mac, uuid, serial, address, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
            """,
            .text("\(mac)"), .text(identity.uuid ?? ""), .text(identity.serial ?? ""), .text(identity.address),
            .int(moment), .int(moment))
        try connection.run(
            """
            DELETE FROM identity WHERE mac NOT IN (SELECT mac FROM host_mac) AND mac IN (
                SELECT mac FROM identity ORDER BY last_seen DESC LIMIT -1 OFFSET ?)
            """, .int(Self.mostOfAll))
    }

    private func replace(_ old: Identity, by new: Identity, _ mac: MACAddress) throws(DatabaseError) {
        try connection.run(
            """
            UPDATE OR REPLACE identity SET uuid = ?, serial = ?, address = ?, last_seen = ?
            WHERE mac = ? AND uuid = ? AND serial = ?
            """,
            .text(new.uuid ?? ""), .text(new.serial ?? ""), .text(new.address), .int(now().milliseconds),
            .text("\(mac)"), .text(old.uuid ?? ""), .text(old.serial ?? ""))
    }

    private func delete(_ identity: Identity, _ mac: MACAddress) throws(DatabaseError) {
        try connection.run(
            "DELETE FROM identity WHERE mac = ? AND uuid = ? AND serial = ?", .text("\(mac)"),
            .text(identity.uuid ?? ""), .text(identity.serial ?? ""))
    }

    private static let mostIdentities = 8
    private static let mostOfAll = 2000
}
