import Database
public import Model
import Store

/// The disks that a host was installed on, or was about to be: what lies on them is its own, and a rebuild may replace it.
extension Ledger {
    public func own(_ disks: [MachineDisk], hostID: String) throws {
        try connection.write {
            for disk in disks {
                try connection.run(
                    "INSERT OR IGNORE INTO own_disk (host, disk) VALUES (?, ?)", .text(hostID), .text(disk.identity))
            }
        }
    }
}

extension Migrations {
    /// What may be lost when a host is rebuilt.
    static let ownDisks =
        """
        -- The serial numbers of disks whose contents somebody agreed to lose, one a line.
        ALTER TABLE operation ADD COLUMN erases TEXT NOT NULL DEFAULT '';
        -- The operation that failed, and that this one begins once more by itself.
        ALTER TABLE operation ADD COLUMN retries TEXT;

        -- The disks that were given to a host's installer, by serial number or the kernel's name.
        CREATE TABLE own_disk (
            host TEXT NOT NULL REFERENCES host (id) ON DELETE CASCADE,
            disk TEXT NOT NULL,
            PRIMARY KEY (host, disk)
        ) STRICT, WITHOUT ROWID;
        """
}
