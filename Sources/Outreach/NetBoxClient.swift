internal import Fetch
internal import FoundationEssentials

/// NetBox's REST API, in as much of it as lists, finds, makes and changes objects.
struct NetBoxClient: Sendable {
    /// NetBox gives no more of a list at a time, unless it was told to.
    static let pageSize = 1000

    let outlet: Outlet
    private let token: String

    init(_ outlet: Outlet) throws(NotTold) {
        guard let token = outlet.secret else {
            throw NotTold(
                "NetBox at \(outlet.url) wants an API token, and none is stored. Make one in NetBox, and store it with:"
                    + " sprout secrets set \(outlet.secretName)")
        }
        (self.outlet, self.token) = (outlet, token)
    }

    /// What a list has that fits; the whole list, since what is asked for is of one host.
    func list<Value: Decodable>(
        _ path: String, _ query: [(name: String, value: String)], as type: Value.Type
    ) async throws(NotTold) -> [Value] {
        let words = (query + [("limit", "\(Self.pageSize)")]).map { "\($0.name)=\(Self.escaped($0.value))" }
        return try await ask(.get, "\(path)?\(words.joined(separator: "&"))", as: NetBoxList<Value>.self).results
    }

    func get<Value: Decodable>(_ path: String, as type: Value.Type) async throws(NotTold) -> Value {
        try await ask(.get, path, as: type)
    }

    func create<Value: Decodable>(
        _ path: String, _ fields: NetBoxFields, as type: Value.Type
    ) async throws(NotTold) -> Value {
        try await ask(.post, path, fields, as: type)
    }

    func change<Value: Decodable>(
        _ path: String, _ id: Int, _ fields: NetBoxFields, as type: Value.Type
    ) async throws(NotTold) -> Value {
        try await ask(.patch, "\(path)\(id)/", fields, as: type)
    }

    private func ask<Value: Decodable>(
        _ method: Exchange.Request.Method, _ path: String, _ fields: NetBoxFields? = nil, as type: Value.Type
    ) async throws(NotTold) -> Value {
        let request = try request(method, path, fields)
        let reply = try await outlet.reply(to: request)
        guard (200...299).contains(reply.status) else { throw outlet.refusal(reply, to: request) }
        do {
            return try JSONDecoder().decode(type, from: Data(reply.body))
        } catch {
            throw NotTold("\(request.url) answers what NetBox does not say. Is infrastructure.base_url NetBox's?")
        }
    }

    func request(
        _ method: Exchange.Request.Method, _ path: String, _ fields: NetBoxFields?
    ) throws(NotTold) -> Exchange.Request {
        guard let url = WebURL(Self.root(outlet.url.text) + path) else {
            throw NotTold("\(outlet.url) is no address of NetBox. Correct infrastructure.base_url.")
        }
        var request = Exchange.Request(method, url)
        // Tokens of the second version, which NetBox has since 4.5, say by their beginning that they are.
        let scheme = token.hasPrefix("nbt_") ? "Bearer" : "Token"
        request.fields = [("Authorization", "\(scheme) \(token)"), ("Accept", "application/json")]
        guard let fields else { return request }
        request.fields.append(("Content-Type", "application/json"))
        do {
            request.body = try sortedJSON(fields)
        } catch {
            throw NotTold("What NetBox is to be told cannot be written as JSON: \(error).")
        }
        return request
    }

    /// People write NetBox's own address, or its API's.
    private static func root(_ base: String) -> String {
        var base = base[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        if base.hasSuffix("/api") { base = base.dropLast(4) }
        return "\(base)/api/"
    }

    /// For a value in a query (RFC 3986, 2.3).
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                return String(UnicodeScalar(byte))
            case _ where "-._~".utf8.contains(byte): return String(UnicodeScalar(byte))
            default: return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

struct NetBoxList<Value: Decodable>: Decodable {
    let results: [Value]
}
