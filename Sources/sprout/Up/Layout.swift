import Glibc
import Linux

/// Where `sprout up` keeps what it needs: the folders of one state, and the files that come with Sprout.
struct Layout: Sendable {
    let state: String
    var run: String { "\(state)/run" }
    var database: String { "\(state)/db/sprout.db" }
    /// What can be installed.
    var images: String { "\(state)/images" }
    /// The folder of the key that secrets are sealed with.
    var key: String { "\(state)/key" }
    /// The folder of the certificate that browsers are shown.
    var certificate: String { "\(state)/tls" }
    var backups: String { "\(state)/backups" }
    /// The folder with the daemons, which is this program's own.
    let programs: String
    /// The files that nginx serves.
    let site: String
    /// The folder with the first programs of machines that netboot: those of Debian's package ipxe.
    let netboot: String
    private let examples: String

    init(state: String) throws {
        try Files.makeFolder(state)
        self.state = try Files.absolute(state)
        for folder in ["run", "db"] {
            try Files.makeFolder("\(self.state)/\(folder)")
            chmod("\(self.state)/\(folder)", 0o700)
        }
        let longest = "\(self.state)/run/orchestrator-command.sock".utf8.count
        guard longest <= Address.longestUnixPath else {
            let limit = Address.longestUnixPath - (longest - self.state.utf8.count)
            throw Failure(
                description: "\(self.state) is too long a path: the kernel allows sockets below a folder of at most"
                    + " \(limit) characters. Choose a shorter one with --state.")
        }
        guard let program = Files.link(at: "/proc/self/exe"), let slash = program.lastIndex(of: "/") else {
            throw Failure(description: "this program cannot tell where it lies: is /proc mounted?")
        }
        programs = String(program[..<slash])
        let companions = try Self.companions(of: programs)
        site = companions.site
        examples = companions.examples
        netboot = companions.netboot
    }

    private struct Companions {
        let site: String
        let examples: String
        let netboot: String
    }

    /// In a checkout the files lie above the build; installed, they lie where the packages put them.
    private static func companions(of programs: String) throws -> Companions {
        var folder = programs[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            let site = "\(folder)/rootfs/usr/share/sprout/www"
            guard Files.exists(site) else { continue }
            return Companions(site: site, examples: "\(folder)/deploy", netboot: "\(folder)/.build/netboot")
        }
        let site = "/usr/share/sprout/www"
        guard Files.exists(site) else {
            throw Failure(
                description: "the files of the dashboard are missing: neither above \(programs) nor in \(site)")
        }
        return Companions(site: site, examples: "/usr/share/sprout/examples", netboot: "/usr/lib/ipxe")
    }

    /// Makes sure that nobody else runs this state; the lock goes when its holder ends.
    func take() throws -> FileLock {
        let path = "\(run)/lock"
        guard let lock = try FileLock.take(path) else {
            let holder = (try? Files.text("\(run)/pid")).map { " as process \($0)" } ?? ""
            throw Failure(
                description: "\(state) is already in use by another `sprout up`, running\(holder). Stop it first.")
        }
        try Files.write("\(getpid())", to: "\(run)/pid")
        endLeftovers()
        return lock
    }

    /// Ends the workers of an nginx that was killed together with its supervisor: they would keep the port.
    private func endLeftovers() {
        for _ in 0..<100 {
            let leftovers = Files.names(in: "/proc").compactMap { pid_t($0) }.filter { process in
                Files.link(at: "/proc/\(process)/cwd") == run && (try? Files.text("/proc/\(process)/comm")) == "nginx\n"
            }
            if leftovers.isEmpty { return }
            for process in leftovers { kill(process, SIGKILL) }
            poll(nil, 0, 10)
        }
    }

    /// The configuration of a first run: the examples, copied where they can be edited.
    func exampleConfiguration() throws -> String {
        for name in ["provisioning", "server-types"] {
            let path = "\(state)/\(name).yaml"
            guard !Files.exists(path) else { continue }
            try Files.write(try Files.text("\(examples)/\(name).example.yaml"), to: path)
            Terminal.say("sprout: \(path) was made from the example; edit it as you like")
        }
        return "\(state)/provisioning.yaml"
    }
}
