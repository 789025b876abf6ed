import Control
import HTTP
import Linux
import Model
import Settings
import Store

/// Looks at a Sprout of this machine from one end to the other, with as little of Sprout as possible.
struct Doctor: Sendable {
    let place: Place
    let api: API
    let reactor: Reactor

    /// Where the parts of this Sprout lie: those of the box, or of a `sprout up`.
    struct Place: Sendable {
        let run: String
        let database: String
        let configuration: String
        /// How its daemons are brought back.
        let revival: String

        init(state: String?, configuration: String?) {
            let around = Surroundings()
            run = state.map { "\($0)/run" } ?? "/run/sprout"
            database = state.map { "\($0)/db/sprout.db" } ?? around.database
            self.configuration =
                configuration ?? state.map { "\($0)/provisioning.yaml" } ?? around.configuration
            revival = state.map { "sprout up --state \($0) brings it back" } ?? "journalctl -u sprout-NAME says why"
        }

        /// Where nginx listens, as its configuration says.
        var front: Address {
            let text = (try? Files.text("\(run)/nginx.conf")) ?? ""
            let listen = text.split(separator: "\n").map { $0.drop { $0 == " " } }.first { $0.hasPrefix("listen ") }
            let authority = listen?.dropFirst(7).split(whereSeparator: { " ;".contains($0) }).first ?? "127.0.0.1:80"
            let here = authority.hasPrefix("0.0.0.0:") ? "127.0.0.1" + authority.dropFirst(7) : String(authority)
            return Address(authority: here[...], defaultPort: 80) ?? .tcp(host: "127.0.0.1", port: 80)
        }
    }

    init(_ invocation: Invocation) throws {
        let state = invocation.value("--state") ?? Environment["SPROUT_STATE"]
        place = Place(state: state, configuration: invocation.value("--config"))
        api = try API(invocation)
        reactor = invocation.reactor
    }

    func findings() async throws -> [Finding] {
        let daemons = try await daemonFindings()
        let (settings, types, mistakes) = readConfiguration()
        var findings = daemons + [await databaseFinding(), diskFinding()] + mistakes
        findings.append(clockFinding(.now()))
        if let settings {
            findings += networkFindings(settings.pxe)
            if settings.pxe.isEnabled { findings.append(try await tftpFinding(settings.pxe)) }
            if let url = settings.server.publicURL { findings.append(try await publicFinding(url)) }
        }
        findings += try await frontFindings()
        // Whatever else there is to know, sprout-web tells.
        guard daemons.first(where: { $0.check == "sprout-web" })?.outcome == .good else { return findings }
        findings += try await imageFindings() + otherServerFindings()
        findings.append(try await certificateFinding())
        findings += try await taskFindings()
        if let settings {
            findings += try await secretFindings(settings, types)
            if settings.proxmox.existingNode != nil { findings += try await clusterFindings() }
        }
        return findings
    }

    // MARK: This machine

    private func daemonFindings() async throws -> [Finding] {
        var findings: [Finding] = []
        for (name, socket) in [
            ("orchestrator", "command"), ("web", "web"), ("boot", "boot"), ("metadata", "metadata"), ("dhcp", "dhcp"),
            ("fetch", "fetch"),
        ] {
            findings.append(try await daemonFinding("sprout-\(name)", "\(place.run)/\(socket).sock"))
        }
        return findings
    }

    private func daemonFinding(_ name: String, _ socket: String) async throws -> Finding {
        let remedy = place.revival.contains("NAME") ? "journalctl -u \(name) says why." : "\(place.revival)."
        do {
            let answer = try await Client(.unix(path: socket), reactor).send("GET", "/health", timeout: .seconds(5))
            let told = try JSON.decode(Told.self, from: answer.body)
            return answer.status == 200
                ? .good(name, "\(name) answers: \(told.detail).") : .bad(name, "\(name): \(told.detail).", remedy)
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as Errno where error.rawValue == 13 {
            return .bad(name, "\(name) cannot be asked: \(error).", "Use sudo: this socket is for daemons.")
        } catch {
            return .bad(name, "\(name) does not answer at \(socket): \(error).", remedy)
        }
    }

    private func databaseFinding() async -> Finding {
        do {
            let problems = try await Store(path: place.database).integrityProblems()
            guard let first = problems.first else {
                return .good("database", "The database \(place.database) is whole.")
            }
            return .bad("database", "The database \(place.database) is damaged: \(first).", "Restore a backup of it.")
        } catch {
            return .bad("database", "\(error).", "Use sudo, if you are not of the group sprout-data.")
        }
    }

    private func diskFinding() -> Finding {
        let folder = String(place.database.prefix(upTo: place.database.lastIndex(of: "/") ?? place.database.endIndex))
        guard let free = try? Files.freeBytes(at: folder) else {
            return .bad("disk", "\(folder) cannot be looked at.", "Is its disk mounted?")
        }
        let room = "\(folder) has \(free >> 20) MiB left"
        if free < 200 << 20 { return .bad("disk", "\(room).", "Make room: nothing can be written soon.") }
        if free < 4 << 30 { return .caution("disk", "\(room): too little to import an ISO.", "Make room.") }
        return .good("disk", "\(room).")
    }

    private func readConfiguration() -> (settings: Provisioning?, types: ServerTypes?, findings: [Finding]) {
        let path = place.configuration
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let typesPath = "\(folder)server-types.yaml"
        func read<Value>(_ path: String, _ parse: (String) throws -> Value) -> (Value?, Finding) {
            do {
                return (try parse(try Files.text(path)), .good("configuration", "\(path) is good."))
            } catch let error as Errno {
                return (nil, .bad("configuration", "\(path): \(error).", "Name it with --config FILE, or write it."))
            } catch {
                return (nil, .bad("configuration", "\(error)", "Correct it; sprout config check \(path) looks again."))
            }
        }
        let (settings, first) = read(path) { try Provisioning(parsing: $0, file: path) }
        let (types, second) = read(typesPath) { try ServerTypes(parsing: $0, file: typesPath) }
        return (settings, types, [first, second])
    }

    /// A small box without a clock of its own starts in 1970, or where it was switched off.
    func clockFinding(_ now: Timestamp) -> Finding {
        guard now.milliseconds > Self.earliest else {
            return .bad("clock", "The clock says \(now), which is past.", "Set it: timedatectl set-ntp true.")
        }
        return .good("clock", "The clock says \(now).")
    }

    /// The first of November 2026, before which this release was not there.
    private static let earliest: Int64 = 1_793_491_200_000
}

private struct Told: Decodable {
    let detail: String
}
