public import HTTP
import Linux

/// What a daemon says of itself to its watchdog and at `GET /health`: one question, asked of its real work.
public struct Health: Sendable {
    private let daemon: String
    private let question: @Sendable () async throws -> String

    public init(_ daemon: String, _ question: @escaping @Sendable () async throws -> String) {
        self.daemon = daemon
        self.question = question
    }

    public func check() async throws -> String { try await question() }

    public func respond(to request: Request) async throws -> Response {
        do {
            return try .json(
                Report(daemon: daemon, status: "ok", detail: try await question(), version: Release.version))
        } catch {
            return try .json(
                Report(daemon: daemon, status: "failing", detail: "\(error)", version: Release.version), status: 503)
        }
    }

    struct Report: Encodable {
        let daemon: String
        let status: String
        let detail: String
        let version: String
    }
}
