import Database
public import Model
import Store

extension Ledger {
    /// What followed from a script that a machine fetched.
    public struct Consequence: Equatable, Sendable {
        public let host: Host
        public let kind: Event.Kind
        public let sentence: String
    }

    /// Takes note of a script that a machine fetched; nil if nothing follows from it.
    public func fetchedScript(_ fetch: ScriptFetch, by author: Author) throws -> Consequence? {
        try connection.write {
            guard let host = try host(id: fetch.host) else { return nil }
            switch fetch.outcome {
            case .sentToDisk: return try noteStart(of: host, at: fetch.at, by: author)
            case .restarted: return try restart(host, fetch, by: author)
            case .toldMemory(let memory):
                try keep(memory, of: host)
                return nil
            case .tooLittleMemory(let memory, let needed):
                try keep(memory, of: host)
                guard host.stateSince == fetch.stateSince, host.state == .pxeReady else { return nil }
                return try move(host, on: .broke, because: Self.reason(memory, needed), by: author)
            case .fetchedKernel:
                guard host.stateSince == fetch.stateSince, host.state == .pxeReady else { return nil }
                return try move(host, on: .fetchedKernel, because: "it loads the installer.", by: author)
            case .couldNotLoad(let file):
                guard [.pxeReady, .pxeBooted].contains(host.state) else { return nil }
                return try move(host, on: .broke, because: Self.reason(notLoaded: file), by: author)
            case .damagedImage(let why):
                guard [.pxeReady, .pxeBooted].contains(host.state) else { return nil }
                return try move(host, on: .broke, because: "the image changed while it was loaded: \(why)", by: author)
            }
        }
    }

    /// Begins an installation once more that a restart broke off, or ends it: a machine must not install for ever.
    private func restart(_ host: Host, _ fetch: ScriptFetch, by author: Author) throws -> Consequence? {
        guard host.stateSince == fetch.stateSince, Lifecycle.step(from: host.state, on: .restarted) != nil else {
            return nil
        }
        let reentries = try connection.rows(
            "SELECT reentries FROM operation WHERE host = ? AND ended_at IS NULL", .text(host.id)
        ) { $0.int(0) }.first
        let isFirst = reentries == 0
        return try move(
            host, on: isFirst ? .restarted : .broke,
            because: isFirst
                ? "it restarted during the installation, which begins once more." : Operation.secondRestart, by: author)
    }

    private func move(
        _ host: Host, on event: LifecycleEvent, because reason: String, by author: Author
    ) throws -> Consequence {
        let moved = try move(host, on: event, reason: reason, by: author)
        let sentence = "\(moved.hostname) is now \(moved.state.rawValue): \(reason)"
        return Consequence(host: moved, kind: .hostAdvanced, sentence: sentence)
    }

    private static func reason(notLoaded file: String) -> String {
        "iPXE did not get the installer's \(file): the transfer broke, or the machine has too little memory for the"
            + " image. Its screen shows iPXE's own message; then rebuild it."
    }

    func keep(_ memory: MachineMemory, of host: Host) throws(DatabaseError) {
        try connection.run("UPDATE host SET memory = ? WHERE id = ?", .int(memory.mebibytes), .text(host.id))
    }

    private static func reason(_ memory: MachineMemory, _ needed: MachineMemory) -> String {
        "it has \(memory.mebibytes) MiB of memory; installing Proxmox VE needs"
            + " \(needed.mebibytes). Give it more, or take another machine, then rebuild it."
    }
}
