/// A daemon's whole surface, in one table: the first thing to read in any of them.
public struct Routes: Sendable {
    public typealias Handler = @Sendable (Request) async throws -> Response

    public struct Route: Sendable {
        let method: String
        let pattern: [Substring]
        let handler: Handler
        /// As the API's description names it, such as `GET /api/hosts/{id}`.
        public let name: String

        private init(_ method: String, _ path: String, _ handler: @escaping Handler) {
            self.init(method, path.split(separator: "/"), handler)
        }

        private init(_ method: String, _ pattern: [Substring], _ handler: @escaping Handler) {
            (self.method, self.pattern, self.handler) = (method, pattern, handler)
            let parts = pattern.map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
            name = "\(method) /\(parts.joined(separator: "/"))"
        }

        public static func get(_ path: String, _ handler: @escaping Handler) -> Route {
            Route("GET", path, handler)
        }

        public static func post(_ path: String, _ handler: @escaping Handler) -> Route {
            Route("POST", path, handler)
        }

        public static func put(_ path: String, _ handler: @escaping Handler) -> Route {
            Route("PUT", path, handler)
        }

        public static func patch(_ path: String, _ handler: @escaping Handler) -> Route {
            Route("PATCH", path, handler)
        }

        public static func delete(_ path: String, _ handler: @escaping Handler) -> Route {
            Route("DELETE", path, handler)
        }

        /// The same route behind somebody who decides whether its handler is asked at all.
        public func guarded(
            _ guarding: @escaping @Sendable (Request, Handler) async throws -> Response
        ) -> Route {
            Route(method, pattern) { try await guarding($0, handler) }
        }

        /// The path's parameters where it fits the pattern (`/hosts/:id`), else nil.
        func match(_ segments: [String]) -> [String: String]? {
            guard segments.count == pattern.count else { return nil }
            var parameters: [String: String] = [:]
            for (expected, actual) in zip(pattern, segments) {
                if expected.hasPrefix(":") {
                    parameters[String(expected.dropFirst())] = actual
                } else if expected != actual {
                    return nil
                }
            }
            return parameters
        }
    }

    /// How a problem is told to whoever sent the request.
    public typealias Presentation = @Sendable (Problem, Request) -> Response

    private let routes: [Route]
    let present: Presentation

    /// `others` are the routes of a part of the daemon that has a table of its own.
    public init(
        _ routes: Route..., others: [Route] = [],
        presenting: @escaping Presentation = { problem, _ in problem.response }
    ) {
        self.routes = routes + others
        present = presenting
    }

    /// The names of the routes.
    public var list: [String] { routes.map(\.name) }

    /// The name of the route that takes a request, and how it answers.
    typealias Choice = (name: String, answer: @Sendable () async throws -> Response)

    /// Finds the route and runs it.
    public func respond(to request: Request) async throws -> Response {
        try await choice(for: request).answer()
    }

    /// Finds the route.
    ///
    /// HEAD is GET without its body, which the server leaves out.
    func choice(for request: Request) -> Choice {
        let method = request.method == "HEAD" ? "GET" : request.method
        let candidates = routes.compactMap { route in route.match(request.segments).map { (route, $0) } }
        guard let (route, parameters) = candidates.first(where: { $0.0.method == method }) else {
            guard !candidates.isEmpty else {
                return ("", { throw Problem(404, "There is nothing at \(request.path).") })
            }
            let allowed = candidates.map(\.0.method).joined(separator: ", ")
            let problem = Problem(405, "\(request.path) takes \(allowed), not \(request.method).")
            var response = present(problem, request)
            response.headers["allow"] = allowed
            return ("", { [response] in response })
        }
        var request = request
        request.parameters = parameters
        return (route.name, { [request] in try await route.handler(request) })
    }
}
