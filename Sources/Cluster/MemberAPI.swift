public import Fetch
internal import HTTP
public import Linux
public import Model

/// A member that is asked over its API, as root with a password: a token may look, and change nothing there.
public actor MemberAPI: Member {
    private let host: String
    private let port: UInt16
    private let trusted: Fingerprint
    private let password: String
    private let worker: Worker
    private var ticket: Ticket?

    /// `host` is a name or an IP address.
    public init(_ host: String, port: UInt16 = 8006, trusted: Fingerprint, password: String, _ worker: Worker) {
        (self.host, self.port, self.trusted) = (host, port, trusted)
        (self.password, self.worker) = (password, worker)
    }

    /// What somebody shows who may be a member, before anything is said to it.
    public static func certificate(of host: String, port: UInt16 = 8006, _ worker: Worker) async throws -> Fingerprint {
        var request = Exchange.Request(.get, try url(host, port, "/version"))
        (request.trust, request.isDirect, request.limit) = (.certificate(nil), true, .seconds(10))
        do {
            if let shown = try await Exchange(request, worker).reply().certificate { return shown }
        } catch {
            throw MemberFailed(error)
        }
        throw MemberFailed(.identity, "\(host) shows no certificate. Is a Proxmox VE at port \(port)?")
    }

    public func get(_ path: String, _ query: [String: String]) async throws -> [UInt8] {
        let words = query.sorted { $0.key < $1.key }.map { "\($0)=\(Percent.encoded($1))" }.joined(separator: "&")
        return try await ask(.get, words.isEmpty ? path : "\(path)?\(words)")
    }

    public func remove(node: String) async throws {
        do {
            _ = try await ask(.delete, "/cluster/config/nodes/\(Percent.encoded(node))")
        } catch let failure as MemberFailed where failure.description.contains("is not a known host of the cluster") {
            // Somebody else has done it.
        }
    }

    /// The API tells whole seconds: what is measured is when one of them begins.
    public func clock(of node: String) async throws -> RemoteClock {
        struct Time: Decodable { let time: LooseInt }
        let path = "/nodes/\(Percent.encoded(node))/time"
        let (start, first) = (RemoteClock.now, try await get(Time.self, path).time.value)
        while true {
            let before = RemoteClock.now
            let seconds = try await get(Time.self, path).time.value
            guard seconds == first, before - start < .seconds(5) else {
                return RemoteClock(.seconds(seconds), between: before, and: RemoteClock.now)
            }
        }
    }

    /// The API has a guest's node read its configuration, and this one is off.
    public func guestFiles(of node: String) async throws -> [GuestFile]? { nil }

    // MARK: Requests

    private struct Ticket: Decodable {
        let ticket: String?
        let csrf: String?
        let needsSecondFactor: LooseInt?

        enum CodingKeys: String, CodingKey {
            case ticket
            case csrf = "CSRFPreventionToken"
            case needsSecondFactor = "NeedTFA"
        }
    }

    private struct Refusal: Decodable { let message: String? }

    private func ask(_ method: Exchange.Request.Method, _ path: String) async throws -> [UInt8] {
        let ticket = try await logIn()
        var fields = [("Cookie", "PVEAuthCookie=\(Percent.encoded(ticket.ticket ?? ""))")]
        if method != .get { fields.append(("CSRFPreventionToken", ticket.csrf ?? "")) }
        let reply = try await send(method, path, fields: fields)
        guard reply.status == 200 else { throw refusal(reply, path) }
        return reply.body
    }

    private func logIn() async throws -> Ticket {
        if let ticket { return ticket }
        let form = "username=root%40pam&password=\(Percent.encoded(password))"
        let reply = try await send(
            .post, "/access/ticket", fields: [("Content-Type", "application/x-www-form-urlencoded")],
            body: Array(form.utf8))
        if reply.status == 401 {
            throw MemberFailed(
                .login,
                "\(host) refuses root's password. Store the right one: sprout secrets set \(ClusterSecret.password)")
        }
        guard reply.status == 200, let given = try? JSON.decode(Body<Ticket>.self, reply.body).data else {
            throw refusal(reply, "/access/ticket")
        }
        if let second = given.needsSecondFactor, second.value != 0 {
            throw MemberFailed(
                .login,
                "root has a second factor on \(host), which pvecm asks for at a terminal only. Set proxmox.join_with to"
                    + " ssh in provisioning.yaml.")
        }
        ticket = given
        return given
    }

    private func send(
        _ method: Exchange.Request.Method, _ path: String, fields: [(String, String)], body: [UInt8]? = nil
    ) async throws -> Exchange.Reply {
        var request = Exchange.Request(method, try Self.url(host, port, path))
        (request.trust, request.isDirect, request.limit) = (.certificate(trusted), true, .seconds(20))
        (request.fields, request.body) = (fields, body)
        do {
            return try await Exchange(request, worker).reply()
        } catch {
            throw MemberFailed(error)
        }
    }

    private func refusal(_ reply: Exchange.Reply, _ path: String) -> MemberFailed {
        let words = (try? JSON.decode(Refusal.self, reply.body))?.message?.trimmedLine ?? "nothing more"
        if reply.status == 424 { return MemberFailed.noCluster(host) }
        return MemberFailed(
            .cluster, "\(host) answers \(path) with \(reply.status): \(words)", isPassing: reply.status >= 500)
    }

    private static func url(_ host: String, _ port: UInt16, _ path: String) throws -> WebURL {
        let name = host.contains(":") ? "[\(host)]" : host
        guard let url = WebURL("https://\(name):\(port)/api2/json\(path)") else {
            throw MemberFailed(.reachable, "proxmox.existing_node is \"\(host)\", which is no name and no address.")
        }
        return url
    }
}

/// The names of the secrets that joining needs.
public enum ClusterSecret {
    /// The cluster's root password, which a person stores.
    public static let password = "cluster"
}

extension MemberFailed {
    static func noCluster(_ host: String) -> MemberFailed {
        MemberFailed(.cluster, "\(host) is in no cluster yet. Make one there first: pvecm create NAME")
    }
}

extension String {
    var trimmedLine: String {
        split(whereSeparator: \.isNewline).first.map { $0.drop(while: \.isWhitespace) }.map(String.init) ?? self
    }
}
