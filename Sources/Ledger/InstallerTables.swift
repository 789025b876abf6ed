extension Migrations {
    /// What is told from inside installers, which lasts a week longer than the operation.
    static let installerTables =
        """
        ALTER TABLE host ADD COLUMN live_progress INTEGER NOT NULL DEFAULT 1;

        -- What the agents in installers told: how far each is, by its operation.
        CREATE TABLE installer (
            operation TEXT PRIMARY KEY REFERENCES operation (id) ON DELETE CASCADE,
            -- Grows with everything that is heard of any of them.
            revision INTEGER NOT NULL UNIQUE,
            heard_at INTEGER NOT NULL,
            -- As JSON.
            progress TEXT NOT NULL,
            -- How many lines came, and how many bytes of them are kept.
            lines INTEGER NOT NULL,
            kept_bytes INTEGER NOT NULL
        ) STRICT;

        -- Each start of the machine counts its own lines; what comes twice is known by it.
        CREATE TABLE installer_run (
            operation TEXT NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
            run TEXT NOT NULL,
            -- The token that the start had: it tells on after the operation has ended.
            token_hash BLOB NOT NULL,
            started_at INTEGER NOT NULL,
            -- The operation's lines before it, and its own that came.
            base INTEGER NOT NULL,
            lines INTEGER NOT NULL,
            PRIMARY KEY (operation, run)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX installer_run_by_token ON installer_run (token_hash);

        CREATE TABLE installer_line (
            operation TEXT NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            source TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (operation, number)
        ) STRICT, WITHOUT ROWID;

        -- What the agent of a start of the machine is to do, until it has said that it does.
        CREATE TABLE installer_order (
            id INTEGER PRIMARY KEY,
            operation TEXT NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
            run TEXT NOT NULL,
            verb TEXT NOT NULL,
            given_at INTEGER NOT NULL,
            done_at INTEGER
        ) STRICT;
        """

    /// How fast installations went, which outlives them: it is about machines of a kind.
    static let installerPaces =
        """
        CREATE TABLE installer_pace (
            operation TEXT PRIMARY KEY,
            server_type TEXT NOT NULL,
            -- As JSON.
            pace TEXT NOT NULL
        ) STRICT;
        CREATE INDEX installer_pace_by_type ON installer_pace (server_type);
        """

    /// All logs inside an installer, which go with whatever else was told from there.
    static let installerBundleTable =
        """
        -- Of an order for logs: that they came, or that the agent said that it could not send them.
        ALTER TABLE installer_order ADD COLUMN arrived_at INTEGER;
        ALTER TABLE installer_order ADD COLUMN failed_at INTEGER;

        CREATE TABLE installer_bundle (
            operation TEXT PRIMARY KEY REFERENCES installer (operation) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            -- A tar.gz as it came: nobody here looks into it.
            bytes BLOB NOT NULL
        ) STRICT;
        """
}
