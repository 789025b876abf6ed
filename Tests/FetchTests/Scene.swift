import HTTP
import Linux
import Serving
import Testing

@testable import Fetch

/// A server on a port of its own for the time of `body`.
func serving(_ routes: Routes, _ body: @escaping @Sendable (Place) async throws -> Void) async throws {
    try await Serving.serving(routes) { port in try await body(Place(port: port, worker: Worker())) }
}

/// Where a test's server is, and how it is asked.
struct Place: Sendable {
    let port: UInt16
    let worker: Worker
    /// What was said of what costs time.
    let remarks = Notes<String>()

    func download(_ path: String, _ patience: Patience = Patience(pause: .zero)) throws -> Download {
        let url = try #require(WebURL("http://127.0.0.1:\(port)\(path)"))
        return Download(url, worker, reactor, patience) { [remarks] in remarks.add($0) }
    }

    func content(at path: String, _ patience: Patience = Patience(pause: .zero)) async throws -> [UInt8] {
        try await content(of: download(path, patience))
    }

    func content(of download: Download) async throws -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let bytes = try await download.next()
            if bytes.isEmpty { return content }
            content += bytes
        }
    }
}

/// Counts the requests for something.
actor Visits {
    private var count = 0
    func next() -> Int {
        count += 1
        return count
    }
}

extension Response {
    /// Says that all of `bytes` follow, and sends only the first of them.
    static func broken(_ bytes: [UInt8], after count: Int, tag: String? = nil) -> Response {
        var headers: Headers = ["content-length": "\(bytes.count)"]
        headers["etag"] = tag
        return Response(
            status: 200, headers: headers, body: .stream { try await $0.write(Array(bytes.prefix(count))) })
    }

    static func whole(_ bytes: [UInt8], tag: String? = nil) -> Response {
        var headers: Headers = [:]
        headers["etag"] = tag
        return Response(status: 200, headers: headers, body: .bytes(bytes))
    }
}
