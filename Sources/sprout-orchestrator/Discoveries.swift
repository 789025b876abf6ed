import Control
import HTTP
import Ledger
import Model

/// What is asked about machines that are no hosts, or may be two.
extension Desk {
    var discoveryRoutes: [Routes.Route] {
        [
            .post("/discoveries/:mac/accept") { request in
                let draft = try JSON.decode(HostDraft.self, from: request.body)
                let (mac, author) = (try mac(of: request), author(request))
                let host = try await commit(request) { try await ledger.accept(mac, as: draft, by: author) }
                note(.hostRegistered, "\(host.hostname) was registered", host, request)
                return try .json(host, status: 201)
            },
            .post("/discoveries/:mac/ignore") { request in
                let wish = try JSON.decode(strictly: Ignore.self, from: request.body)
                let (mac, author) = (try mac(of: request), author(request))
                try await commit(request) { try await ledger.ignore(mac, wish.ignored, by: author) }
                return Response(status: 204)
            },
            .post("/machines/:mac/trust") { request in
                let wish = try JSON.decode(strictly: Trust.self, from: request.body)
                let (mac, author) = (try mac(of: request), author(request))
                try await commit(request) {
                    try await ledger.trust(mac, uuid: wish.uuid, serial: wish.serial, by: author)
                }
                return Response(status: 204)
            },
        ]
    }

    private func mac(of request: Request) throws(Problem) -> MACAddress {
        do throws(MACAddress.Malformed) {
            return try MACAddress(request.parameters["mac"] ?? "")
        } catch {
            throw Problem(422, "\(error)", field: "mac")
        }
    }
}

/// The body of `POST /discoveries/{mac}/ignore`.
struct Ignore: StrictBody {
    let ignored: Bool

    enum CodingKeys: CodingKey, CaseIterable { case ignored }
}

/// The body of `POST /machines/{mac}/trust`: which of the machines that claim a MAC address is the one.
struct Trust: StrictBody {
    let uuid: String?
    let serial: String?

    enum CodingKeys: CodingKey, CaseIterable { case uuid, serial }
}
