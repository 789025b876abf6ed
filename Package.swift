// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "sprout",
    targets: [
        // MARK: C libraries

        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CLinux"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

        // MARK: Wrappers

        .target(name: "Crypto", dependencies: ["CCrypt", "COpenSSL"], swiftSettings: strict),
        .target(name: "Database", dependencies: ["CSQLite"], swiftSettings: strict),
        .target(name: "Fetch", dependencies: ["CCurl", "Crypto", "Linux"], swiftSettings: strict),
        .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "SSH", dependencies: ["CSSH2", "Crypto", "Linux"], swiftSettings: strict),
        .target(name: "Systemd", dependencies: ["CSystemd", "Linux"], swiftSettings: strict),
        .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: strict),

        // MARK: Values: no I/O, no Foundation

        .target(name: "Metrics", swiftSettings: strict),
        .target(name: "Model", swiftSettings: strict),
        .target(name: "Rehearsal", dependencies: ["Model"], swiftSettings: strict),
        .target(name: "Wire", swiftSettings: strict),

        // MARK: Machinery

        .target(
            name: "Control", dependencies: ["HTTP", "Linux", "Metrics", "Model", "Store", "Systemd"],
            swiftSettings: strict),
        .target(name: "HTTP", dependencies: ["Linux", "Metrics"], swiftSettings: strict),
        .target(name: "Backup", dependencies: ["Crypto", "Linux"], swiftSettings: strict),
        .target(name: "Images", dependencies: ["Linux", "Model"], swiftSettings: strict),
        .target(name: "Ledger", dependencies: ["Database", "Linux", "Model", "Store"], swiftSettings: strict),
        .target(name: "Cluster", dependencies: ["Fetch", "HTTP", "Linux", "Model", "SSH"], swiftSettings: strict),
        .target(name: "Outreach", dependencies: ["Crypto", "Fetch", "Linux", "Model"], swiftSettings: strict),
        .target(name: "Power", dependencies: ["Fetch", "Linux", "Model", "Wire"], swiftSettings: strict),
        .target(
            name: "Recipes", dependencies: ["Model"],
            resources: [.embedInCode("Agent/agent"), .embedInCode("Agent/hook")], swiftSettings: strict),
        .target(name: "Settings", dependencies: ["Model", "YAML"], swiftSettings: strict),
        .target(name: "Store", dependencies: ["Database", "Model"], swiftSettings: strict),
        .target(name: "Update", dependencies: ["Crypto", "Linux", "Model"], swiftSettings: strict),

        // MARK: The command line

        .executableTarget(
            name: "sprout",
            dependencies: [
                "Backup", "Control", "Crypto", "Fetch", "HTTP", "Linux", "Model", "Rehearsal", "Settings", "Store",
                "Wire",
            ],
            swiftSettings: strict),

        // MARK: Daemons

        .executableTarget(
            name: "sprout-boot",
            dependencies: [
                "Control", "Crypto", "HTTP", "Images", "Linux", "Metrics", "Model", "Recipes", "Store", "Systemd",
                "Wire",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "sprout-dhcp",
            dependencies: ["Control", "HTTP", "Linux", "Metrics", "Model", "Store", "Systemd", "Wire"],
            swiftSettings: strict),
        .executableTarget(
            name: "sprout-fetch",
            dependencies: ["Control", "Fetch", "HTTP", "Linux", "Systemd"],
            swiftSettings: strict),
        .executableTarget(
            name: "sprout-metadata",
            dependencies: ["Control", "Crypto", "HTTP", "Linux", "Model", "Recipes", "Store", "Systemd"],
            swiftSettings: strict),
        .executableTarget(
            name: "sprout-orchestrator",
            dependencies: [
                "Backup", "Cluster", "Control", "Crypto", "Fetch", "HTTP", "Images", "Ledger", "Linux", "Metrics",
                "Model", "Outreach", "Power", "Recipes", "SSH", "Settings", "Store", "Systemd", "Update", "Wire",
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "sprout-system", dependencies: ["Control", "Linux", "Model", "Systemd", "Update"],
            swiftSettings: strict),
        .executableTarget(
            name: "sprout-web",
            dependencies: ["Control", "Crypto", "HTTP", "Linux", "Metrics", "Model", "Recipes", "Store", "Systemd"],
            swiftSettings: strict),

        // MARK: Tests

        .target(name: "Seeded", path: "Tests/Seeded", swiftSettings: strict),
        .target(name: "Serving", dependencies: ["HTTP", "Linux"], path: "Tests/Serving", swiftSettings: strict),
        .testTarget(name: "BackupTests", dependencies: ["Backup", "Linux"], swiftSettings: strict),
        .testTarget(
            name: "BootTests", dependencies: ["Linux", "Seeded", "Wire", "sprout-boot"], swiftSettings: strict),
        .testTarget(
            name: "CommandTests", dependencies: ["Crypto", "Linux", "Rehearsal", "SSH", "sprout"],
            swiftSettings: strict),
        .testTarget(
            name: "ControlTests", dependencies: ["Control", "HTTP", "Ledger", "Linux", "Model", "Store"],
            swiftSettings: strict),
        .testTarget(name: "CryptoTests", dependencies: ["Crypto"], swiftSettings: strict),
        .testTarget(name: "DatabaseTests", dependencies: ["Database"], swiftSettings: strict),
        .testTarget(
            name: "DHCPTests",
            dependencies: ["Control", "Ledger", "Linux", "Model", "Seeded", "Store", "Wire", "sprout-dhcp"],
            swiftSettings: strict),
        .testTarget(
            name: "FetchTests", dependencies: ["Fetch", "HTTP", "Linux", "Serving"], swiftSettings: strict),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Linux", "Seeded"], swiftSettings: strict),
        .testTarget(name: "ImagesTests", dependencies: ["Images", "Linux", "Model"], swiftSettings: strict),
        .testTarget(
            name: "LedgerTests",
            dependencies: ["Database", "Ledger", "Linux", "Model", "Store"],
            swiftSettings: strict
        ),
        .testTarget(name: "LinuxTests", dependencies: ["Linux"], swiftSettings: strict),
        .testTarget(
            name: "InterfaceTests",
            dependencies: [
                "Control", "Crypto", "HTTP", "Images", "Ledger", "Linux", "Model", "Store", "YAML", "sprout",
                "sprout-boot",
                "sprout-metadata", "sprout-web",
            ], swiftSettings: strict),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics"], swiftSettings: strict),
        .testTarget(name: "ModelTests", dependencies: ["Model"], swiftSettings: strict),
        .testTarget(name: "ClusterTests", dependencies: ["Cluster", "Model"], swiftSettings: strict),
        .testTarget(
            name: "OutreachTests",
            dependencies: ["Crypto", "Fetch", "HTTP", "Linux", "Model", "Outreach", "Serving"], swiftSettings: strict),
        .testTarget(
            name: "PowerTests",
            dependencies: ["Fetch", "HTTP", "Linux", "Model", "Power", "Seeded", "Serving", "Settings", "Wire"],
            swiftSettings: strict),
        .testTarget(name: "RecipesTests", dependencies: ["Model", "Recipes", "Seeded"], swiftSettings: strict),
        .testTarget(
            name: "RehearsalTests", dependencies: ["Model", "Rehearsal", "Seeded"], swiftSettings: strict),
        .testTarget(name: "SettingsTests", dependencies: ["Model", "Seeded", "Settings"], swiftSettings: strict),
        .testTarget(
            name: "SSHTests", dependencies: ["CSSH2", "Crypto", "Linux", "SSH", "Seeded"], swiftSettings: strict),
        .testTarget(name: "SystemdTests", dependencies: ["Systemd"], swiftSettings: strict),
        .testTarget(
            name: "UpdateTests", dependencies: ["Crypto", "Linux", "Model", "Update", "sprout-system"],
            swiftSettings: strict),
        .testTarget(name: "WebTests", dependencies: ["sprout-web"], swiftSettings: strict),
        .testTarget(name: "WireTests", dependencies: ["Seeded", "Wire"], swiftSettings: strict),
        .testTarget(name: "YAMLTests", dependencies: ["Seeded", "YAML"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
