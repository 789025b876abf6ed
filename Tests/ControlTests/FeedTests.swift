import Control
import HTTP
import Testing

@Suite(.timeLimit(.minutes(5))) struct FeedTests {
    @Test func `a follower is rung at once, and again for what came meanwhile`() async {
        let feed = Feed()
        var rings = await feed.rings().makeAsyncIterator()
        #expect(await rings.next() != nil)
        await feed.ring()
        await feed.ring()
        #expect(await rings.next() != nil)
    }
}

@Suite struct JSONTests {
    struct Wish: Decodable { let mac: String }

    static let wrong: [(String, Int, String?)] = [
        ("", 400, nil), ("{", 400, nil), ("[]", 400, nil), ("{}", 422, "mac"), ("{\"mac\":1}", 422, "mac"),
        ("{\"mac\":null}", 422, "mac"),
    ]

    @Test(arguments: wrong)
    func `what is wrong with a body is told with its field`(text: String, status: Int, field: String?) {
        let problem = #expect(throws: (any Error).self) { try JSON.decode(Wish.self, from: Array(text.utf8)) }
        #expect((problem as? Problem)?.status == status)
        #expect((problem as? Problem)?.field == field)
    }
}
