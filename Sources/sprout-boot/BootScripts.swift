import Control
import HTTP
import Model
import Recipes
import Store

/// Answers what iPXE asks over HTTP: the script of a machine, decided from the database as it is now.
struct BootScripts: Sendable {
    let store: Store
    let orchestrator: Orchestrator
    let report: @Sendable (Observation) -> Void

    func script(_ request: Request) async throws -> Response {
        let mac = try mac(of: request)
        let server = try request.reachedServer
        let address = request.headers["x-real-ip"]
        let host = try await store.host(withMAC: mac)
        report(.machine(.http(.fetchedScript, of: mac, address: address), Discovery.Traits(address: address)))
        guard let host else { return Self.answer(.unknown(mac, server: server)) }
        guard try await !store.isContested(mac) else { return Self.answer(.contested(host, server: server)) }
        if let question = askAgain(host, mac, server, request) { return question }
        switch host.state {
        case .failed:
            tell(.sentToDisk, host, request)
            let reason = try await store.reasonOfFailure(host) ?? "its timeline says why"
            return Self.answer(.failed(host, reason: reason, server: server))
        case .pxeReady: return try await armed(host, mac, server, request)
        case .pxeBooted, .installing: return try await restarted(host, mac, server, request)
        case .registered, .installed, .firstBoot, .joining, .ready:
            tell(.sentToDisk, host, request)
            return Self.answer(.local(host, server: server))
        }
    }

    /// A machine that had too little memory may have been given more: it is asked whenever it netboots.
    private func askAgain(_ host: Host, _ mac: MACAddress, _ server: String, _ request: Request) -> Response? {
        guard !host.state.isUnderWay, host.memory.map({ $0 < .leastForProxmox }) == true else { return nil }
        guard MemoryAnswer.isGiven(in: request.query) else {
            return Self.answer(.memoryQuestion(host, mac: mac, server: server))
        }
        if let memory = MemoryAnswer.memory(in: request.query) { tell(.toldMemory(memory), host, request) }
        return nil
    }

    private func armed(
        _ host: Host, _ mac: MACAddress, _ server: String, _ request: Request
    ) async throws -> Response {
        guard MemoryAnswer.isGiven(in: request.query) else {
            return Self.answer(.memoryQuestion(host, mac: mac, server: server))
        }
        let told = MemoryAnswer.memory(in: request.query)
        let id = try await store.operations(ofHost: host.id).first?.image
        let image = if let id { try await store.image(id) } else { InstallerImage?.none }
        let needed = MachineMemory.least(for: image, isUEFI: MemoryAnswer.isUEFI(in: request.query))
        guard let memory = told, memory < needed else { return try await install(host, image, told, server, request) }
        tell(.tooLittleMemory(memory, needed: needed), host, request)
        return Self.answer(.tooLittleMemory(host, memory, needed: needed, server: server))
    }

    /// The orchestrator gives the machine its token; until it has, the machine waits.
    private func install(
        _ host: Host, _ image: InstallerImage?, _ memory: MachineMemory?, _ server: String, _ request: Request
    ) async throws -> Response {
        guard let image else { return Self.wait }
        if try await store.isHeld(host) { return Self.answer(.held(host, mac: try mac(of: request), server: server)) }
        guard isMachine(request) else { return Self.answer(.secret(host, server: server)) }
        let question = try JSON.encode(Installer.BootQuestion(host: host.id, memory: memory))
        let answer = try await orchestrator.send(
            "POST", "/boots", body: question, actor: "sprout-boot", request: request.id ?? "none")
        guard answer.status == 200, case .bytes(let bytes) = answer.body,
            let grant = try? JSON.decode(Installer.BootGrant.self, from: bytes), grant.image == image.id
        else { return Self.wait }
        let isFollowed = try await store.installation().hasLiveProgress && host.hasLiveProgress
        return Self.answer(.install(host, image, token: grant.token, server: server, hasAgent: isFollowed))
    }

    /// The script of a machine ends when its kernel is loaded, and repeats no question then: whoever asks has restarted.
    ///
    /// The first restart leads back to pxe_ready, where repeated questions are none; until that is done it waits.
    private func restarted(
        _ host: Host, _ mac: MACAddress, _ server: String, _ request: Request
    ) async throws -> Response {
        tell(.restarted, host, request)
        let isSecond = try await store.operations(ofHost: host.id).first?.reentries != 0
        // They are read one after the other: what became meanwhile of a first restart is no second one.
        let isCurrent = try await store.host(withMAC: mac)?.stateSince == host.stateSince
        if isSecond, isCurrent {
            return Self.answer(.failed(host, reason: Operation.secondRestart, server: server))
        }
        return MemoryAnswer.isGiven(in: request.query)
            ? Self.wait : Self.answer(.memoryQuestion(host, mac: mac, server: server))
    }

    /// Nothing can be installed now: the machine asks again until there is something, or its time is over.
    private static var wait: Response {
        var wait = Response.text("", status: 503)
        wait.headers["retry-after"] = "10"
        return wait
    }

    /// A person who looks at a script in a browser is not the machine.
    private func isMachine(_ request: Request) -> Bool { request.headers["user-agent"]?.hasPrefix("iPXE/") == true }

    private func tell(_ outcome: ScriptFetch.Outcome, _ host: Host, _ request: Request) {
        guard isMachine(request) else { return }
        report(.script(ScriptFetch(host: host, at: .now(), outcome), of: host))
    }

    /// What an unknown machine says of itself.
    func takeReport(_ request: Request) async throws -> Response {
        let query = request.query
        let traits = Discovery.Traits(
            uuid: query["uuid"], serial: query["serial"], manufacturer: query["manufacturer"],
            product: query["product"],
            address: request.headers["x-real-ip"])
        report(.machine(.http(.reported, of: try mac(of: request), address: traits.address), traits))
        return .text("#!ipxe\n")
    }

    /// A first program over HTTP, for firmware that can; and what that program asks for beside it.
    func file(_ request: Request, from files: BootFiles) async throws -> Response {
        let name = request.parameters["name"] ?? ""
        if name == "autoexec.ipxe" {
            report(.machine(.http(.loadedOverHTTP, address: request.headers["x-real-ip"]) { $0.file = name }))
            return Self.answer(.autoexec(server: try request.reachedServer))
        }
        let asker = BootFiles.Asker(client: 0, localAddress: 0)
        guard let known = BootFileName(Array(name.utf8)), let bytes = try await files.content(of: known, for: asker)
        else {
            throw Problem(404, "There is no boot file \"\(name)\".")
        }
        if request.method == "GET" {
            report(.machine(.http(.loadedOverHTTP, address: request.headers["x-real-ip"]) { $0.file = known.last }))
        }
        return .bytes(bytes, tag: "\(known.last)-\(bytes.count)", type: "application/efi", for: request)
    }

    private func mac(of request: Request) throws -> MACAddress {
        do throws(MACAddress.Malformed) {
            return try MACAddress(request.parameters["mac"] ?? "")
        } catch {
            throw Problem(400, "\(error)", field: "mac")
        }
    }

    private static func answer(_ script: BootScript) -> Response {
        var response = Response.text(script.text)
        response.headers["cache-control"] = "no-store"
        return response
    }
}
