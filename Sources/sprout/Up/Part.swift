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
        let place: Place

        enum Place: Sendable, Equatable {
            /// A file in the folder of the sockets.
            case file(String)
            /// A UDP port of the interface that machines netboot through.
            case datagrams(UInt16)
            /// The same, for what is sent to everybody there.
            case broadcasts(UInt16)
        }
    }

    /// The daemons in the order in which they start; the orchestrator makes the database that the others read.
    ///
    /// The ports of network boot are opened only where it is on.
    static func daemons(netboots: Bool) -> [Part] {
        let http = { Socket(name: "http", place: .file($0)) }
        let dhcp = [
            Socket(name: "dhcp", place: .datagrams(67)), Socket(name: "dhcp-client", place: .broadcasts(68)),
            Socket(name: "pxe", place: .datagrams(4011)),
        ]
        let tftp = [Socket(name: "tftp", place: .datagrams(69))]
        let orchestrator = [
            Socket(name: "command", place: .file("command.sock")),
            Socket(name: "install", place: .file("install.sock")),
            Socket(name: "lease", place: .file("lease.sock")),
            Socket(name: "observe", place: .file("observe.sock")),
        ]
        return [
            daemon("orchestrator", orchestrator),
            daemon("dhcp", [http("dhcp.sock")] + (netboots ? dhcp : [])),
            daemon("boot", [http("boot.sock")] + (netboots ? tftp : [])),
            daemon("fetch", [http("fetch.sock")]),
            daemon("metadata", [http("metadata.sock")]),
            daemon("web", [http("web.sock"), Socket(name: "front", place: .file("front.sock"))]),
        ]
    }

    private static func daemon(_ name: String, _ sockets: [Socket]) -> Part {
        Part(name: name, program: "sprout-\(name)", arguments: [], sockets: sockets, notifies: true)
    }

    static func nginx(configuration: String, run: String) -> Part {
        Part(
            name: "nginx", program: "nginx", arguments: ["-c", configuration, "-p", run, "-e", "stderr"], sockets: [],
            notifies: false)
    }
}
