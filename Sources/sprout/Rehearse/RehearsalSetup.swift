import Control
import HTTP
import Linux
import Model
import Rehearsal

/// What a rehearsal needs of the Sprout that it is played against, and takes away again.
struct RehearsalSetup: Sendable {
    let api: API
    let wish: RehearsalWish
    let reactor: Reactor

    /// Real machines that are just being installed are not to be disturbed.
    func checkOthers() async throws {
        if wish.isBesideRealHosts { return }
        let busy = try await api.hosts().filter { $0.state.isUnderWay && !$0.isRehearsed }
        guard busy.isEmpty else {
            let names = busy.map { "\($0.hostname)" }.joined(separator: ", ")
            throw Failure(description: "\(names): under way. Wait, or rehearse all the same with --beside-real-hosts.")
        }
    }

    /// The first type whose hosts get their address by DHCP, unless one is named.
    func serverType() async throws -> ServerType {
        let types = try await api.get("/api/server-types", as: Types.self).value.types
        if let name = wish.type {
            if let type = types.first(where: { $0.key == name }) { return type }
            throw Failure(
                description: "there is no server type \(name); there are: \(types.map(\.key).joined(separator: ", "))")
        }
        guard let type = types.first(where: { $0.network == .dhcp }) else {
            throw Failure(description: "no server type has DHCP: choose one with --type")
        }
        return type
    }

    /// The newest image of the release; one that installs nothing is made where there is none.
    func image() async throws -> InstallerImage {
        if let image = try await images().first(where: { isWanted($0) }) { return image }
        let iso = SyntheticISO(release: wish.release ?? InstallerRelease.newest.rawValue)
        Terminal.complain("No image of \(iso.release) yet: one that installs nothing is made for this rehearsal.")
        let folder = "\(Environment["TMPDIR"] ?? "/tmp")/sprout-rehearsal-\(UInt32.random(in: 0...UInt32.max))"
        try Files.makeFolder(folder, mode: 0o700)
        let file = "\(folder)/\(iso.fileName)"
        let id: String
        do {
            try await iso.write(to: file, reactor)
            id = try await ISOImport(file, sha256: nil, api, reactor).run()
        } catch {
            try? await Shell(reactor).run("rm -rf -- \"$1\"", [folder])
            throw error
        }
        try await Shell(reactor).run("rm -rf -- \"$1\"", [folder])
        return try await api.get("/api/images/\(Percent.encoded(id))", as: InstallerImage.self).value
    }

    func register(_ number: Int, _ type: ServerType) async throws -> Host {
        let mac = FakeMachine.address(of: number).map { "\($0)" } ?? ""
        let digits = number < 10 ? "0\(number)" : "\(number)"
        let draft = HostDraft(
            hostname: "rehearsal-\(digits)", mac: mac, serverType: type.key,
            labels: [Host.rehearsalLabel.key: Host.rehearsalLabel.value], address: type.network.address(number))
        let answer = try await api.send("POST", "/api/hosts", body: try JSON.encode(draft))
        return try JSON.decode(Host.self, from: answer.body)
    }

    func arm(_ host: Host, _ image: InstallerImage) async throws {
        let wish = ["confirm": "\(host.hostname)", "image": image.id]
        try await api.send("POST", "/api/hosts/\(host.id)/rebuild", body: try JSON.encode(wish))
    }

    /// The newest event that there is of a host.
    func newestEvent(of host: Host) async throws -> Int64 {
        try await api.get("/api/hosts/\(host.id)/events", as: [Event].self).value.map(\.id).max() ?? 0
    }

    // MARK: Afterwards

    /// Stops what is under way, and removes the hosts that carry the label of rehearsals; one that stays stops no other.
    func clear(keepingHosts: Bool = false) async throws {
        var problem: (any Error)?
        for host in try await api.hosts() where host.isRehearsed {
            do {
                if host.state.isUnderWay {
                    try await api.send("POST", "/api/hosts/\(host.id)/cancel", body: Array("{}".utf8))
                }
                if !keepingHosts { try await api.send("DELETE", "/api/hosts/\(host.id)") }
            } catch {
                problem = error
            }
        }
        if let problem { throw problem }
    }

    /// An image that installs nothing must not be what somebody installs next.
    func removeSyntheticImages() async throws {
        for image in try await images() where image.build == SyntheticISO.build {
            try await api.send("DELETE", "/api/images/\(Percent.encoded(image.id))")
        }
    }

    private func isWanted(_ image: InstallerImage) -> Bool { wish.release.map { $0 == image.release } ?? true }

    private func images() async throws -> [InstallerImage] {
        try await api.get("/api/images", as: [String: [InstallerImage]].self).value["images"] ?? []
    }

    private struct Types: Decodable {
        let types: [ServerType]

        enum CodingKeys: String, CodingKey { case types = "server_types" }
    }
}

extension ServerType.Network {
    /// Of a network of addresses of its own, one from its end: those are given to real hosts last.
    fileprivate func address(_ number: Int) -> String? {
        guard case .fixed(let cidr, let gateway, let dns) = self else { return nil }
        let parts = cidr.split(separator: "/")
        guard parts.count == 2, let first = DottedQuad.number(parts[0]), let size = Int(parts[1]), size <= 30 else {
            return nil
        }
        let last = first | ~UInt32(0) >> UInt32(size)
        let free = (1..<min(last - first, 1000)).map { DottedQuad.text(last - $0) }.filter {
            $0 != gateway && $0 != dns
        }
        return free.dropFirst(number - 1).first
    }
}
