import Control
import Fetch
import HTTP
import Linux

/// What is at an address of the Internet: the orchestrator asks, and is sent the bytes as they come.
struct Contents: Sendable {
    let worker: Worker
    let reactor: Reactor
    let reach: Reach

    /// `GET /content?url=&from=`: the bytes from there on, and of the whole its size, type and version, and its place.
    ///
    /// A problem of 503 may pass; with another the same address will not do. A body that ends early has failed too, and
    /// the next request says why.
    func respond(to request: Request) async throws -> Response {
        guard let url = request.query["url"].flatMap({ WebURL($0) }) else {
            throw Problem(400, "An address begins with http:// or https://.", field: "url")
        }
        guard let offset = Int64(request.query["from"] ?? "0"), offset >= 0 else {
            throw Problem(400, "The first byte is a number.", field: "from")
        }
        let download = Download(url, worker, reactor, reaching: reach)
        await download.seek(to: offset)
        do {
            let content = try await download.begin()
            return Response(status: 200, headers: content.headers, body: .stream { try await pass(download, to: $0) })
        } catch let failure as FetchFailed {
            throw Problem(failure.isPassing ? 503 : 502, "\(failure)")
        }
    }

    private func pass(_ download: Download, to writer: ResponseWriter) async throws {
        while true {
            let bytes = try await download.next()
            if bytes.isEmpty { return }
            try await writer.write(bytes)
        }
    }
}

extension Content {
    fileprivate var headers: Headers {
        var headers: Headers = [:]
        headers["content-type"] = type ?? "application/octet-stream"
        headers["x-sprout-size"] = size.map { String($0) }
        headers["x-sprout-version"] = version
        headers["x-sprout-place"] = place?.text
        return headers
    }
}
