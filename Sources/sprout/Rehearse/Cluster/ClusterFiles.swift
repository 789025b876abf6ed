import Glibc
import Linux
import Rehearsal

/// What root of the member sees of the cluster in its folders: some of it may be changed there too.
struct ClusterFiles: Sendable {
    /// The folder that stands for / of the member.
    let root: String

    private var pve: String { "\(root)/etc/pve" }
    private var keys: String { "\(pve)/priv/authorized_keys" }

    func write(_ cluster: StandInCluster, insteadOf old: StandInCluster? = nil) throws {
        for folder in ["\(pve)/priv", "\(root)/etc/corosync", "\(root)/run/lock"] {
            try Files.makeFolder(folder, mode: 0o700)
        }
        for guest in old?.guests ?? [] where !cluster.guests.contains(guest) { unlink(path(of: guest)) }
        for member in cluster.members { try Files.makeFolder("\(pve)/nodes/\(member.name)", mode: 0o700) }
        for guest in cluster.guests {
            try Files.makeFolder(folder(of: guest), mode: 0o700)
            try Files.write("name: \(guest.name)\n\(guest.configuration ?? "")", to: path(of: guest))
        }
        try Files.write(cluster.authorizedKeys.map { "\($0)\n" }.joined(), to: keys, mode: 0o600)
        try Files.write(cluster.corosyncKey, to: "\(root)/etc/corosync/authkey", mode: 0o600)
        for (name, text) in cluster.files { try Files.write(text, to: "\(pve)/\(name)") }
    }

    /// Takes over what was changed in the folders: keys, and guests that are gone.
    func read(into cluster: inout StandInCluster) {
        if let text = try? Files.text(keys) {
            cluster.authorizedKeys = text.split(whereSeparator: \.isNewline).map(String.init)
        }
        cluster.guests.removeAll { !Files.exists(path(of: $0)) }
    }

    private func folder(of guest: StandInCluster.Guest) -> String {
        "\(pve)/nodes/\(guest.node)/\(guest.kind == .qemu ? "qemu-server" : "lxc")"
    }

    private func path(of guest: StandInCluster.Guest) -> String { "\(folder(of: guest))/\(guest.id).conf" }
}
