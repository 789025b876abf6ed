import Linux

/// One program that `sprout up` runs, with the sockets that its `.socket` units would give it.
struct Part: Sendable {
    let name: String
    let program: String
    let arguments: [String]
    let sockets: [Socket]
    /// Whether it tells when it is ready, and feeds a watchdog.
    let notifies: Bool

    struct Socket: Sendable {
        let name: String
        let file: String
    }

    /// The daemons in the order in which they start; the orchestrator makes the database that the others read.
    static let daemons: [Part] = [
        daemon(
            "orchestrator",
            [Socket(name: "command", file: "command.sock"), Socket(name: "observe", file: "observe.sock")]),
        daemon("dhcp", [Socket(name: "http", file: "dhcp.sock")]),
        daemon("boot", [Socket(name: "http", file: "boot.sock")]),
        daemon("metadata", [Socket(name: "http", file: "metadata.sock")]),
        daemon("web", [Socket(name: "http", file: "web.sock")]),
    ]

    private static func daemon(_ name: String, _ sockets: [Socket]) -> Part {
        Part(name: name, program: "sprout-\(name)", arguments: [], sockets: sockets, notifies: true)
    }

    static func nginx(configuration: String, run: String) -> Part {
        Part(
            name: "nginx", program: "nginx", arguments: ["-c", configuration, "-p", run, "-e", "stderr"], sockets: [],
            notifies: false)
    }
}
