import Database
import Store

/// How the database came to its present layout.
///
/// A migration only adds, so that the readers of the release before, which are restarted after the orchestrator, go on
/// reading; and none is ever changed once it was released.
enum Migrations {
    static let all: [String] = [
        """
        CREATE TABLE host (
            id TEXT PRIMARY KEY,
            hostname TEXT NOT NULL UNIQUE,
            boot_mac TEXT NOT NULL,
            server_type TEXT NOT NULL,
            state TEXT NOT NULL,
            state_since INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE host_mac (
            mac TEXT PRIMARY KEY,
            host TEXT NOT NULL REFERENCES host (id) ON DELETE CASCADE
        ) STRICT;
        CREATE INDEX host_mac_by_host ON host_mac (host);

        CREATE TABLE host_label (
            host TEXT NOT NULL REFERENCES host (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (host, key)
        ) STRICT;

        -- Machines that netboot and are no hosts: what is known of them is only what they say.
        CREATE TABLE discovery (
            mac TEXT PRIMARY KEY,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            architecture INTEGER,
            vendor_class TEXT,
            uuid TEXT,
            serial TEXT,
            manufacturer TEXT,
            product TEXT,
            address TEXT,
            is_ignored INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX discovery_by_time ON discovery (is_ignored, last_seen);

        CREATE TABLE operation (
            id TEXT PRIMARY KEY,
            host TEXT NOT NULL REFERENCES host (id) ON DELETE CASCADE,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            outcome TEXT,
            server_types_version INTEGER NOT NULL,
            token_hash BLOB
        ) STRICT;
        CREATE INDEX operation_by_host ON operation (host);
        CREATE UNIQUE INDEX operation_under_way ON operation (host) WHERE ended_at IS NULL;

        -- Events outlive their hosts: they are the audit trail. Ids are never used again, not even after pruning.
        CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            message TEXT NOT NULL,
            reason TEXT,
            host TEXT,
            hostname TEXT,
            operation TEXT,
            actor TEXT NOT NULL,
            request TEXT
        ) STRICT;
        CREATE INDEX event_by_host ON event (host, id);
        CREATE UNIQUE INDEX event_by_request ON event (request) WHERE request IS NOT NULL;

        CREATE TABLE effect (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            host TEXT NOT NULL,
            operation TEXT NOT NULL,
            kind TEXT NOT NULL,
            due_at INTEGER NOT NULL,
            done_at INTEGER,
            attempts INTEGER NOT NULL DEFAULT 0,
            problem TEXT
        ) STRICT;
        CREATE INDEX effect_pending ON effect (due_at) WHERE done_at IS NULL;

        CREATE TABLE deadline (
            host TEXT PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
            operation TEXT NOT NULL,
            due_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX deadline_by_time ON deadline (due_at);

        -- Only ever sealed: the key is not in the database.
        CREATE TABLE secret (
            name TEXT PRIMARY KEY,
            sealed BLOB NOT NULL,
            updated_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE setting (
            key TEXT PRIMARY KEY,
            value TEXT
        ) STRICT;

        CREATE TABLE server_types (
            version INTEGER PRIMARY KEY AUTOINCREMENT,
            loaded_at INTEGER NOT NULL,
            source TEXT NOT NULL
        ) STRICT;
        CREATE TABLE server_type (
            version INTEGER NOT NULL REFERENCES server_types (version),
            key TEXT NOT NULL,
            display_name TEXT NOT NULL,
            hostname_prefix TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (version, key)
        ) STRICT;
        """,
        """
        -- What was seen of each machine on its way through netboot: a bounded memory, not the audit trail.
        CREATE TABLE sighting (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            mac TEXT NOT NULL,
            kind TEXT NOT NULL,
            daemon TEXT NOT NULL,
            address TEXT,
            body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX sighting_by_mac ON sighting (mac, id);
        CREATE INDEX sighting_by_address ON sighting (address, id) WHERE address IS NOT NULL;

        -- Why a machine does not get on, as it was told last.
        CREATE TABLE verdict (
            mac TEXT PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            sentence TEXT NOT NULL,
            remedy TEXT NOT NULL,
            candidate TEXT
        ) STRICT;

        -- What machines said they are: two that claim one MAC address are told apart by it.
        CREATE TABLE identity (
            mac TEXT NOT NULL,
            uuid TEXT NOT NULL,
            serial TEXT NOT NULL,
            address TEXT,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            PRIMARY KEY (mac, uuid, serial)
        ) STRICT;
        CREATE INDEX identity_by_uuid ON identity (uuid);

        ALTER TABLE host ADD COLUMN netboot_program TEXT;
        ALTER TABLE host ADD COLUMN local_boot TEXT NOT NULL DEFAULT 'auto';
        ALTER TABLE operation ADD COLUMN reentries INTEGER NOT NULL DEFAULT 0;
        """,
        """
        -- The addresses that Sprout itself gave out; one without a MAC address is used by somebody else.
        CREATE TABLE lease (
            address TEXT PRIMARY KEY,
            mac TEXT UNIQUE,
            until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Other DHCP and boot servers that were heard on the network.
        CREATE TABLE foreign_server (
            address TEXT PRIMARY KEY,
            mac TEXT,
            kind TEXT NOT NULL,
            offers TEXT NOT NULL,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,
            is_gone INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        """,
        """
        -- What can be installed; its files lie in a folder of its name.
        CREATE TABLE image (
            id TEXT PRIMARY KEY,
            imported_at INTEGER NOT NULL,
            body TEXT NOT NULL
        ) STRICT;
        """,
        """
        ALTER TABLE host ADD COLUMN address TEXT;
        -- In MiB.
        ALTER TABLE host ADD COLUMN memory INTEGER;
        CREATE UNIQUE INDEX host_by_address ON host (address) WHERE address IS NOT NULL;

        -- What an operation began with, and keeps: the image, what all hosts have in common, and its public key. The
        -- private half is a secret, named for the operation, and goes with it.
        ALTER TABLE operation ADD COLUMN image TEXT;
        ALTER TABLE operation ADD COLUMN installation TEXT;
        ALTER TABLE operation ADD COLUMN public_key TEXT;
        -- What the machine's installer said of the machine: nobody else gets its answer.
        ALTER TABLE operation ADD COLUMN machine TEXT;
        CREATE UNIQUE INDEX operation_by_token ON operation (token_hash) WHERE token_hash IS NOT NULL;

        -- The states that an operation went through, one after the other.
        CREATE TABLE operation_step (
            operation TEXT NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            state TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            outcome TEXT,
            reason TEXT,
            PRIMARY KEY (operation, number)
        ) STRICT, WITHOUT ROWID;

        -- What a host is made of, as its installer and its first start told.
        CREATE TABLE inventory (
            host TEXT PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
            installed_at INTEGER NOT NULL,
            report TEXT NOT NULL,
            started_at INTEGER,
            start_report TEXT,
            -- Where its new system called from, if it is its own address too: where it is reached.
            start_address TEXT
        ) STRICT;
        """,
        """
        -- How far an effect got that takes more than one step, in the words of who carries it out.
        ALTER TABLE effect ADD COLUMN progress TEXT;
        -- What was found before a host was to join, as JSON, and whether its dead namesake may be taken out of the cluster.
        ALTER TABLE operation ADD COLUMN preflight TEXT;
        -- What was in the way when a host was looked for that should have been heard by then.
        ALTER TABLE operation ADD COLUMN arrival TEXT;
        ALTER TABLE operation ADD COLUMN removes_member INTEGER NOT NULL DEFAULT 0;
        -- The cluster that it joined.
        ALTER TABLE inventory ADD COLUMN cluster TEXT;
        """,
        """
        -- People who may sign in. The hash of a password is sealed: the daemons that read this cannot guess at it.
        CREATE TABLE user (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL,
            password BLOB NOT NULL,
            generation INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            last_sign_in INTEGER
        ) STRICT;

        -- What makes the first user, sealed; gone with the first user.
        CREATE TABLE setup_code (
            sealed BLOB NOT NULL
        ) STRICT;

        -- Where they have signed in from: who guesses elsewhere does not lock them out there.
        CREATE TABLE user_source (
            user TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
            source TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (user, source)
        ) STRICT, WITHOUT ROWID;

        -- Sessions that were ended before their time.
        CREATE TABLE ended_session (
            id TEXT PRIMARY KEY,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE api_token (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL,
            hash BLOB NOT NULL UNIQUE,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            last_used INTEGER
        ) STRICT;
        """,
        installerTables,
        ownDisks,
        installerPaces,
        installerBundleTable,
    ]

    /// Brings the database to this release's layout, each step in a transaction of its own.
    static func run(on connection: borrowing Connection) throws {
        let found = try connection.rows("PRAGMA user_version") { $0.int(0) }.first ?? 0
        guard found <= Schema.version else {
            guard (try? Schema.isUsable(connection)) == true else { throw StoreUnavailable.newer(schema: found) }
            return
        }
        for (index, script) in all.enumerated().dropFirst(Int(found)) {
            try connection.write {
                try connection.runScript(script)
                try connection.run("PRAGMA user_version = \(index + 1)")
            }
        }
        try connection.write {
            _ = try connection.run(
                """
                INSERT INTO setting (key, value) VALUES (?, ?)
                ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value != excluded.value
                """, .text(Schema.usableFromKey), .text("\(Schema.usableFrom)"))
        }
    }
}
