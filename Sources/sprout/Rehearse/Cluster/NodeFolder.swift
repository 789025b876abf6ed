import Glibc
import Linux
import Rehearsal

/// The folder of a node that does not exist: its programs, and what they read.
struct NodeFolder: Sendable {
    let path: String

    func write(_ programs: [String: String], _ settings: String) throws {
        for folder in ["bin", "lib"] { try Files.makeFolder("\(path)/\(folder)", mode: 0o755) }
        for (name, text) in programs {
            try Files.write(text, to: "\(path)/\(name)", mode: name.hasPrefix("bin/") ? 0o755 : 0o644)
        }
        try Files.write(settings, to: "\(path)/standin.conf")
    }

    /// Writes all that a node needs whose root this folder is.
    func write(_ programs: [String: String], _ settings: NodePrograms.Settings) throws {
        try write(programs, settings.text)
        for folder in ["root/.ssh", "etc/pve/priv", "etc/corosync", "run/lock"] {
            try Files.makeFolder("\(path)/\(folder)", mode: 0o700)
        }
        // Of Proxmox VE too this is a link into the cluster's file system, from the first start on.
        let link = "\(path)/root/.ssh/authorized_keys"
        unlink(link)
        guard symlink("\(path)/etc/pve/priv/authorized_keys", link) == 0 else { throw Errno(rawValue: errno) }
    }
}
