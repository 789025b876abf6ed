import Control
import HTTP
import Model
import Recipes
import Store

/// Answers what iPXE asks over HTTP: the script of a machine, decided from the database as it is now.
struct BootScripts: Sendable {
    let store: Store
    let report: @Sendable (Observation) -> Void

    func script(_ request: Request) async throws -> Response {
        let mac = try mac(of: request)
        let server = try server(of: request)
        let address = request.headers["x-real-ip"]
        let host = try await store.host(withMAC: mac)
        report(.machine(.http(.fetchedScript, of: mac, address: address), Discovery.Traits(address: address)))
        guard let host else { return Self.answer(.unknown(mac, server: server)) }
        guard try await !store.isContested(mac) else { return Self.answer(.contested(host, server: server)) }
        switch host.state {
        case .failed:
            let reason = try await store.reasonOfFailure(host) ?? "its timeline says why"
            return Self.answer(.failed(host, reason: reason, server: server))
        case .pxeReady, .pxeBooted:
            // Nothing can be installed yet: the machine asks again until there is something, or its time is over.
            var wait = Response.text("", status: 503)
            wait.headers["retry-after"] = "10"
            return wait
        default: return Self.answer(.local(host, server: server))
        }
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
            return Self.answer(.autoexec(server: try server(of: request)))
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

    /// The address at which the machine asked: it is certain to reach that again.
    func server(of request: Request) throws -> String {
        let host = request.headers["host"] ?? ""
        let isPlain = host.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"\"$&|<>\\`".utf8.contains($0) }
        guard !host.isEmpty, host.utf8.count < 256, isPlain else { throw Problem(400, "The Host field is no address.") }
        return "http://\(host)"
    }

    private static func answer(_ script: BootScript) -> Response {
        var response = Response.text(script.text)
        response.headers["cache-control"] = "no-store"
        return response
    }
}
