import Control
import Crypto
import HTTP
import Ledger
import Linux
import Model
import Settings
import Store
import Systemd
import Wire

/// Changes the files of settings for people who do not sit at the box.
///
/// They stay the files that an editor changes: comments are kept, and what has a mistake is not written.
struct SettingsDesk: Sendable {
    let desk: Desk
    let settings: SettingsKeeper
    let passwords: Passwords
    let reactor: Reactor
    let netbootObstacle: String?

    var routes: [Routes.Route] {
        [
            .get("/settings") { _ in try .json(try await report()) },
            .patch("/settings", change),
            .get("/settings/files/:name") { request in try .json(try settings.shownFile(try name(request))) },
            .put("/settings/files/:name", replace),
            .get("/network/ports") { _ in try .json(["ports": try ports()]) },
        ]
    }

    private func report() async throws -> SettingsReport {
        let provisioning = await settings.provisioning
        var values = provisioning.values
        // A hash can be guessed at: nobody needs to see it.
        values["credentials.root_password_hash"] = nil
        var report = SettingsReport(
            values: values, changeable: Provisioning.changeable + [Self.password],
            hasRootPassword: provisioning.credentials.rootPasswordHash != nil,
            problem: try await desk.store.settings()["provisioning.problem"],
            file: settings.path(of: .provisioning))
        report.netbootObstacle = netbootObstacle
        return report
    }

    /// `PATCH /settings`: single values by their keys; null leaves one to its default.
    private func change(_ request: Request) async throws -> Response {
        var wishes = try JSON.decode([String: SettingValue?].self, from: request.body)
        if let wish = wishes.removeValue(forKey: Self.password) {
            var hash: SettingValue?
            if let wish { hash = SettingValue(try await hashed(wish.text)) }
            wishes["credentials.root_password_hash"] = .some(hash)
        }
        for key in wishes.keys.sorted() where !Provisioning.changeable.contains(key) {
            throw Problem(422, "There is no setting \(key.prefix(80)) that can be changed one by one.", field: key)
        }
        for (key, wish) in wishes where wish?.text.unicodeScalars.contains(where: { $0.value < 32 }) == true {
            throw Problem(422, "\(key) is one line of text.", field: key)
        }
        if let netbootObstacle, wishes["pxe.enabled"]??.text == "true" {
            throw Problem(409, "pxe.enabled: \(netbootObstacle)", field: "pxe.enabled")
        }
        let changes = wishes.mapValues { $0.flatMap { $0.text.isEmpty ? nil : $0.text } }
        try await keep(try await settings.change(changes), request)
        return try .json(try await report())
    }

    private func replace(_ request: Request) async throws -> Response {
        let name = try name(request)
        let wish = try JSON.decode(strictly: FileWish.self, from: request.body)
        try await keep(try await settings.replace(name, with: wish.text, seen: wish.version), request)
        return try .json(try settings.shownFile(name))
    }

    /// Says who changed what, before it is put in force.
    private func keep(_ change: SettingsKeeper.Change, _ request: Request) async throws {
        guard let sentence = change.sentence else { return }
        let author = desk.author(request)
        try await desk.commit(request) { try await desk.ledger.record(.settingsChanged, sentence, by: author) }
        Journal.log(
            .notice, sentence,
            ["SPROUT_EVENT": Event.Kind.settingsChanged.rawValue, "SPROUT_REQUEST": request.id ?? ""])
        try await settings.load()
    }

    private func hashed(_ password: String) async throws -> String {
        guard password.count >= Self.shortestPassword else {
            throw Problem(
                422, "It has to have at least \(Self.shortestPassword) characters.",
                field: Self.password)
        }
        do { return try await passwords.hash(password) } catch let error as CryptoError {
            throw Problem(422, "This cannot be a password: \(error).", field: Self.password)
        }
    }

    private func name(_ request: Request) throws -> SettingsFile.Name {
        guard let name = SettingsFile.Name(rawValue: request.parameters["name"] ?? "") else {
            throw Problem(404, "There is no such file: provisioning and server-types are the two.")
        }
        return name
    }

    /// What a machine can be connected to, those with a link first.
    private func ports() throws -> [NetworkPort] {
        let socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let addresses = try socket.interfaces()
        let ports = Files.names(in: "/sys/class/net").filter { $0 != "lo" }.map { name in
            NetworkPort(
                name: name, hasLink: (try? Files.text("/sys/class/net/\(name)/carrier")) == "1\n",
                addresses: addresses.filter { $0.name == name }.map {
                    "\(IPv4Address(rawValue: $0.interface.address))/\($0.interface.mask.nonzeroBitCount)"
                })
        }
        return ports.sorted {
            if $0.hasLink != $1.hasLink { return $0.hasLink }
            return $0.name < $1.name
        }
    }

    /// Not a key of the file, which has its hash.
    private static let password = "credentials.root_password"
    private static let shortestPassword = 8
}

/// The body of `PUT /settings/files/{name}`.
private struct FileWish: StrictBody {
    let text, version: String

    enum CodingKeys: CodingKey, CaseIterable { case text, version }
}
