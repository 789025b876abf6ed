import Control
import HTTP
import Model
import Store

/// What happened and what was done, page by page, and single server types.
extension Site {
    var timelineRoutes: [GuardedRoute] {
        [
            .viewer(.get("/api/events", events)),
            .viewer(.get("/api/operations", operations)),
            .viewer(.get("/api/operations/:id", operation)),
            .viewer(.get("/api/operations/:id/log", installerLog)),
            .viewer(.get("/api/operations/:id/log/live", followInstallerLog)),
            .viewer(.get("/api/operations/:id/log/bundle", logBundle)),
            .operator(.post("/api/operations/:id/log/bundle", askForLogs)),
            .viewer(.get("/api/server-types/:key", serverType)),
        ]
    }

    private func events(_ request: Request) async throws -> Response {
        let filter = EventFilter(
            host: try await hostID(request),
            kind: try request.choice("kind", of: Event.Kind.allCases), since: try request.moment("since"),
            actor: request.query["actor"])
        let limit = try Paging.limit(request)
        let found = try await store.events(filter, before: try request.number("after"), limit: limit + 1)
        let page = Array(found.prefix(limit))
        return try .json(EventPage(events: page, next: found.count > limit ? page.last.map { "\($0.id)" } : nil))
    }

    private func operations(_ request: Request) async throws -> Response {
        var outcome: String?
        if let text = request.query["outcome"], text != OperationFilter.underWay {
            outcome = try request.choice("outcome", of: [HostState.ready, .failed, .registered])?.rawValue
        } else {
            outcome = request.query["outcome"]
        }
        let filter = OperationFilter(host: try await hostID(request), outcome: outcome)
        let limit = try Paging.limit(request)
        let found = try await store.operations(filter, after: request.query["after"], limit: limit + 1)
        let page = Array(found.prefix(limit))
        return try .json(
            OperationPage(operations: page, next: found.count > limit ? page.last?.operation.id : nil))
    }

    private func operation(_ request: Request) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        guard var record = try await store.operation(id: id) else {
            throw Problem(404, "There is no operation \(id.prefix(60)).")
        }
        let times = try await usual.times()
        if let host = try await store.host(record.operation.host) { record.usual = times.seconds(of: host) }
        if let report = try await store.installerReport(ofOperation: id) {
            record.installer = try await store.progress(report, times)
        }
        return try tagged(record, request)
    }

    private func serverType(_ request: Request) async throws -> Response {
        let key = request.parameters["key"] ?? ""
        let types = try await store.serverTypes().types
        guard let type = types.first(where: { $0.key == key }) else {
            let others = types.map(\.key).joined(separator: ", ")
            throw Problem(
                404, "There is no server type \(key.prefix(60)). There are: \(others.isEmpty ? "none yet" : others).")
        }
        let bytes = Array(type.body.utf8)
        return .json(bytes, tag: ShortHash.of(bytes: bytes), for: request)
    }

    /// The host of a filter: one that was removed is still known by its id.
    func hostID(_ request: Request) async throws -> String? {
        guard let reference = request.query["host"] else { return nil }
        return try await store.host(reference)?.id ?? reference
    }
}

/// How lists are cut into pages: `limit` and `after`, and `next` in the answer.
enum Paging {
    static func limit(_ request: Request) throws(Problem) -> Int {
        guard let text = request.query["limit"] else { return 100 }
        guard let limit = Int(text), (1...1000).contains(limit) else {
            throw Problem(400, "limit is \"\(text)\"; it must be a number from 1 to 1000.", field: "limit")
        }
        return limit
    }
}

extension Request {
    /// A parameter that has one of some values.
    func choice<Value: RawRepresentable>(
        _ name: String, of values: [Value]
    ) throws(Problem) -> Value? where Value.RawValue == String {
        guard let text = query[name] else { return nil }
        if let value = values.first(where: { $0.rawValue == text }) { return value }
        let names = values.map(\.rawValue)
        let guess = text.nearest(of: names).map { " Did you mean \($0)?" } ?? ""
        throw Problem(
            400, "\(name) is \"\(text.prefix(60))\"; it can be \(names.joined(separator: ", ")).\(guess)", field: name)
    }

    func number(_ name: String) throws(Problem) -> Int64? {
        guard let text = query[name] else { return nil }
        if let number = Int64(text), number >= 0 { return number }
        throw Problem(400, "\(name) is \"\(text.prefix(60))\"; it must be the number of an event.", field: name)
    }

    fileprivate func moment(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = query[name] else { return nil }
        let long = text.hasSuffix("Z") && text.utf8.count == 20 ? "\(text.dropLast()).000Z" : text
        if let moment = Timestamp(long) { return moment }
        throw Problem(
            400, "\(name) is \"\(text.prefix(60))\"; it must be a time such as 2026-11-24T21:00:00Z.", field: name)
    }
}

extension HostFilter {
    init(_ request: Request) throws(Problem) {
        self.init(
            state: try request.choice("state", of: HostState.allCases), type: request.query["type"],
            text: request.query["q"])
    }
}

private struct EventPage: Encodable {
    let events: [Event]
    let next: String?

    enum CodingKeys: CodingKey { case events, next }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(events, forKey: .events)
        try container.encode(next, forKey: .next)
    }
}

private struct OperationPage: Encodable {
    let operations: [OperationRecord]
    let next: String?

    enum CodingKeys: CodingKey { case operations, next }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(operations, forKey: .operations)
        try container.encode(next, forKey: .next)
    }
}
