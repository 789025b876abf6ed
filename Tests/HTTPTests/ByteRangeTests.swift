import Testing

@testable import HTTP

@Suite struct ByteRangeTests {
    static let ranges: [(String, Range<Int>?)] = [
        ("bytes=0-0", 0..<1), ("bytes=2-4", 2..<5), ("bytes=5-", 5..<10), ("bytes=-3", 7..<10), ("bytes=0-99", 0..<10),
        ("bytes=-99", 0..<10), ("bytes=10-", nil), ("bytes=-0", nil),
    ]

    @Test(arguments: ranges)
    func `a range is cut to the file, or cannot be satisfied`(text: String, expected: Range<Int>?) throws {
        #expect(try #require(ByteRange(text)).range(in: 10) == expected)
    }

    @Test(arguments: [
        "", "bytes=", "bytes=-", "bytes=+5-", "bytes=5-4", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "bytes=0x1-",
    ])
    func `another grammar is no range`(text: String) {
        #expect(ByteRange(text) == nil)
    }
}

@Suite struct ServerSentEventTests {
    @Test func `an event is read as it was written, in pieces of any size`() throws {
        let sent = [
            ServerSentEvent(id: "7", event: "reset", data: "two\nlines"), ServerSentEvent(id: "8", data: "{}"),
            ServerSentEvent(data: ": not a comment"),
        ]
        let bytes = Array(": hello\n\n".utf8) + sent.flatMap(\.bytes)
        for size in 1...bytes.count {
            var parser = ServerSentEventParser()
            var received: [ServerSentEvent] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                received += try parser.parse(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(received == sent)
        }
    }

    @Test func `what is in an event cannot begin another one`() throws {
        var parser = ServerSentEventParser()
        let hostile = ServerSentEvent(id: "1\n\ndata: x", event: "a\r\nid: 9", data: "b\r\n\r\nid: 3\rdata: y")
        let received = try parser.parse(hostile.bytes)
        #expect(received.count == 1)
        #expect(received.first?.id == "1data: x")
    }

    @Test func `a line without end is refused`() {
        var parser = ServerSentEventParser(limit: 100)
        #expect(throws: Refusal.self) { try parser.parse([UInt8](repeating: 65, count: 101)) }
    }
}

@Suite struct ResponseTests {
    @Test func `a header value cannot begin a line of its own`() {
        var response = Response.redirect(to: "/a\r\nSet-Cookie: b")
        response.headers.add("x", "a\u{0}b")
        let head = String(decoding: response.head(length: 0, keepAlive: true), as: UTF8.self)
        #expect(head == "HTTP/1.1 303 See Other\r\nlocation: /a  Set-Cookie: b\r\nx: a b\r\ncontent-length: 0\r\n\r\n")
    }

    @Test func `text in JSON is quoted`() {
        #expect(JSONText.quoted("a\"\\\n\u{1}\u{2028}ü</script>") == "\"a\\\"\\\\\\n\\u0001\\u2028ü</script>\"")
    }
}
