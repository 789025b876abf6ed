import Seeded
import Testing

@testable import HTTP

/// Whatever the bytes are, the parsers return or throw; they never trap.
@Suite struct FuzzTests {
    static let requests = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /api/hosts?limit=1&after=%41 HTTP/1.1\r\nHost: box:8080\r\nContent-Length: 5\r\nX-Request-Id: r\r\n\r\nhello",
        "GET /a%20b/c HTTP/1.0\r\nConnection: keep-alive\r\nRange: bytes=0-1\r\n\r\n",
    ].map { Array($0.utf8) }

    static let responses = [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.0 404 Not Found\r\nContent-Type: text/plain\r\n\r\n",
    ].map { Array($0.utf8) }

    static let streams = ["id: 1\nevent: reset\ndata: a\ndata: b\n\n: c\n\ndata\n\n".utf8].map { Array($0) }

    static func parseAll(_ bytes: [UInt8]) {
        _ = try? Request.parse(bytes.span, limits: Limits())
        _ = try? ResponseHead.parse(bytes.span, limits: Limits())
        var parser = ServerSentEventParser()
        _ = try? parser.parse(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        _ = ByteRange(text)
        _ = try? Percent.form(text[...])
    }

    @Test func `every truncation of every fixture is survived`() {
        for fixture in Self.requests + Self.responses + Self.streams {
            for count in 0...fixture.count { Self.parseAll(Array(fixture.prefix(count))) }
        }
    }

    @Test func `a truncated request is incomplete, never another request`() throws {
        for fixture in Self.requests {
            let head = try #require(try Request.parse(fixture.span, limits: Limits())).framing.headLength
            for count in 0..<head {
                #expect(try Request.parse(Array(fixture.prefix(count)).span, limits: Limits()) == nil)
            }
        }
    }

    @Test func `ten thousand mutations are survived`() {
        var random = Seeded(state: 2026)
        let fixtures = Self.requests + Self.responses + Self.streams
        for _ in 0..<10_000 {
            var bytes = fixtures.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&bytes, &random) }
            Self.parseAll(bytes)
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout Seeded) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let interesting: [UInt8] = [0, 9, 10, 13, 32, 37, 45, 58, 61, 127, 128, 255]
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: place)
        case 2 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 5))
        default: bytes.insert(contentsOf: bytes.prefix(place).suffix(20), at: place)
        }
    }
}
