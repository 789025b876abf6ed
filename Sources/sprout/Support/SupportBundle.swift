import Control
import Glibc
import HTTP
import Linux
import Model

/// What somebody who helps needs to see, collected in a folder and packed.
struct SupportBundle {
    private let folder: String
    private let reactor: Reactor
    private(set) var gaps: [String] = []

    init(_ reactor: Reactor) throws {
        self.reactor = reactor
        var template = Array("\(Environment["TMPDIR"] ?? "/tmp")/sprout-support-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "no folder can be made in /tmp") }
        folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try Files.makeFolder("\(folder)/support")
    }

    /// What the API says; what it does not say is a gap, and told.
    mutating func collect(_ api: API) async {
        for path in Self.questions { await take(path, api) }
        for name in SettingsFile.Name.allCases { await take(name, api) }
        guard let hosts = try? await api.hosts() else { return }
        for host in hosts.filter({ $0.state == .failed || $0.state.isUnderWay }).prefix(Self.mostHosts) {
            for part in ["", "/events", "/tasks", "/answer", "/inventory", "/operations"] {
                await take(
                    "/api/hosts/\(host.id)\(part)", api, as: "hosts/\(host.hostname)\(part.isEmpty ? "/host" : part)")
            }
            await take("/api/wire/\(host.mac)", api, as: "hosts/\(host.hostname)/wire")
        }
    }

    private mutating func take(_ path: String, _ api: API, as name: String? = nil) async {
        let plain = path.split(separator: "?")[0].split(separator: "/").dropFirst(path.hasPrefix("/api") ? 1 : 0)
        do {
            let answer = try await api.send("GET", path)
            let isJSON = answer.body.first.map { Array("{[".utf8).contains($0) } ?? false
            try write(answer.body, as: "\(name ?? plain.joined(separator: "-")).\(isJSON ? "json" : "txt")")
        } catch {
            gaps.append("\(path): \(error)")
        }
    }

    /// As lines, by which addresses in it are found.
    private mutating func take(_ name: SettingsFile.Name, _ api: API) async {
        do {
            let file = try await api.get("/api/settings/files/\(name.rawValue)", as: SettingsFile.self).value
            try write(Array(file.text.utf8), as: name.fileName)
        } catch {
            gaps.append("\(name.fileName): \(error)")
        }
    }

    func write(_ bytes: [UInt8], as name: String) throws {
        let path = "\(folder)/support/\(name)"
        try Files.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        try Files.write(bytes, to: path)
    }

    /// What the machine says of itself, each as far as it is there; and at the end everything is gone over by sed, and packed.
    func pack(doctor: [String], into target: String) async throws {
        try write(
            Array((gaps.isEmpty ? "Nothing is missing.\n" : gaps.joined(separator: "\n") + "\n").utf8),
            as: "missing.txt")
        try Files.write(Redaction.script, to: "\(folder)/redaction.sed")
        let own = Files.link(at: "/proc/self/exe") ?? "sprout"
        let program = Program(
            path: "/bin/sh", arguments: ["-c", Self.script, "sh", target, own] + doctor,
            environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"], directory: folder)
        let child = try program.start(
            descriptors: [], output: try FileDescriptor(writing: "\(folder)/words"), reactor)
        defer { child.endGroup() }
        let end = try await child.end()
        guard end == .exited(0) else {
            let words = (try? Files.text("\(folder)/words")) ?? ""
            throw Failure(description: "\(target) cannot be made: \(words.split(separator: "\n").last ?? "\(end)")")
        }
    }

    func discard() async {
        let program = Program(
            path: "/bin/rm", arguments: ["-rf", folder], environment: [:], directory: "/")
        guard let output = try? FileDescriptor(writing: "/dev/null"),
            let child = try? program.start(descriptors: [], output: output, reactor)
        else { return }
        _ = try? await child.end()
    }

    private static let questions = [
        "/health", "/metrics", "/api/settings", "/api/server-types", "/api/hosts?limit=1000",
        "/api/operations?limit=200", "/api/events?limit=1000", "/api/discoveries", "/api/images",
        "/api/images/imports", "/api/network/ports", "/api/network/servers", "/api/notifications", "/api/wire",
        "/api/tls", "/api/backups",
    ]
    private static let mostHosts = 20

    /// A command that is not here leaves a file that says so.
    private static let script = """
        set -e
        target=$1; sprout=$2; shift 2
        cd support
        "$sprout" doctor "$@" > doctor.txt 2>&1 || true
        { uname -a; cat /etc/os-release; uptime; free -m; df -h; date --iso-8601=seconds; } > machine.txt 2>&1 || true
        { ip -brief address; ip route; ss --listening --numeric --tcp --udp; } > network.txt 2>&1 || true
        systemctl --no-pager --full status 'sprout*' > units.txt 2>&1 || true
        journalctl --no-pager --output=short-iso --since=-2d --lines=30000 --unit='sprout*' > journal.txt 2>&1 || true
        find . -type f -exec sed -E -i -f ../redaction.sed {} +
        cd ..
        tar --create --gzip --owner=0 --group=0 --file="$target.part" support
        chmod 600 "$target.part"
        mv "$target.part" "$target"
        """
}
