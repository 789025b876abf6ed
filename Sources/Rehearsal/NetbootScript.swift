/// An iPXE script, followed as iPXE does.
///
/// What it would load is taken to load, unless it is said to fail.
public struct NetbootScript: Sendable {
    /// Where a script leads.
    public enum End: Equatable, Sendable {
        /// It is to be asked for again, under this URL.
        case chain(String)
        case installation(Installation)
        case ownDisk
    }

    /// What a machine is given to boot.
    public struct Installation: Equatable, Sendable {
        public let kernel: String
        public let words: [String]
        /// In the order in which they come to lie in memory.
        public let initrds: [String]
    }

    /// Why iPXE would stop at a script.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    private let lines: [String]

    public init(_ text: String) throws(Malformed) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.first == "#!ipxe" else {
            throw Malformed(description: "the script does not begin with #!ipxe, so iPXE takes it for no script")
        }
    }

    /// What became of a script on one machine.
    public struct Run: Equatable, Sendable {
        public let end: End
        /// What stands on the machine's screen.
        public let screen: [String]
        /// What is asked for on the way, and does nothing for the machine itself.
        public let reports: [String]
    }

    /// Follows the script to its end; `failing` are URLs that cannot be loaded.
    public func follow(on machine: FakeMachine, failing: Set<String> = []) throws(Malformed) -> Run {
        var run = NetbootRun(lines, NetbootVariables(machine), failing)
        let end = try run.follow()
        return Run(end: end, screen: run.screen, reports: run.reports)
    }
}
