import Model
import Testing

@Suite struct GuessLimitTests {
    @Test func `the first guesses are free, then waits double up to the longest`() {
        var limit = GuessLimit(free: 3, longestWait: 10)
        var waits: [Int64] = []
        var now: Int64 = 0
        for _ in 1...8 {
            limit.charge("a", at: now)
            waits.append(limit.wait("a", at: now))
            now += waits.last ?? 0
        }
        #expect(waits == [0, 0, 1000, 2000, 4000, 8000, 10_000, 10_000])
        #expect(limit.wait("b", at: now) == 0)
    }

    @Test func `guesses are forgiven, and forgotten after a time without any`() {
        var limit = GuessLimit(free: 1, longestWait: 10, memory: 100)
        limit.charge("a", at: 0)
        #expect(limit.wait("a", at: 0) == 1000)
        limit.forgive("a")
        #expect(limit.wait("a", at: 0) == 0)
        for _ in 1...5 { limit.charge("b", at: 0) }
        limit.charge("b", at: 100_000)
        #expect(limit.wait("b", at: 100_000) == 1000)
    }

    @Test func `a right guess is given back, and those before it still count`() {
        var limit = GuessLimit(free: 3, longestWait: 10)
        for _ in 1...2 { limit.charge("a", at: 0) }
        for _ in 1...9 {
            limit.charge("a", at: 0)
            limit.giveBack("a")
        }
        #expect(limit.wait("a", at: 0) == 0)
        limit.charge("a", at: 0)
        #expect(limit.wait("a", at: 0) == 1000)
    }

    @Test func `who pretends to be many makes the oldest be forgotten, and no more be remembered`() {
        var limit = GuessLimit(free: 1, longestWait: 10, room: 100)
        for number in 0..<150 { limit.charge("\(number)", at: Int64(number)) }
        #expect(limit.wait("0", at: 150) == 0)
        #expect(limit.wait("149", at: 150) > 0)
    }

    @Test(arguments: [
        ("192.168.1.5", "192.168.1.5"), ("fd00:1:2:3:4:5:6:7", "fd00:1:2:3::/64"), ("fd00:1:2:3::9", "fd00:1:2:3::/64"),
        ("fe80::1", "fe80:0:0:0::/64"), ("::1", "0:0:0:0::/64"),
    ])
    func `the addresses of one machine are one source`(address: String, source: String) {
        #expect(GuessSource(address: address).description == source)
    }
}

@Suite struct AccessValueTests {
    @Test(arguments: ["anna", "Anna.Smith", " ci-1 ", "a_b"])
    func `a name is a word in small letters`(text: String) throws {
        #expect(try AccessName(text).description == text.lowercased().filter { $0 != " " })
    }

    @Test(arguments: ["", "1a", "a b", "a/b", "-a", "ä", "<b>", String(repeating: "a", count: 41), "a\nb"])
    func `what is no name is refused`(text: String) {
        #expect(throws: Refused.self) { try AccessName(text) }
    }

    @Test(arguments: [
        "", "short", "aaaaaaaaaaaa", "tab\tulator123", "annaannaanna", String(repeating: "ab1c", count: 51),
    ])
    func `a password that is guessed at once is refused`(text: String) throws {
        #expect(throws: Refused.self) { try NewPassword(text, of: try AccessName("annaannaanna")) }
    }

    @Test func `a session is what it was written as, and nothing else is one`() {
        let session = WebSession(id: "1f", user: "u-1", generation: 3, expiresAt: Timestamp(milliseconds: 5))
        #expect(WebSession(session.text) == session)
        for wrong in ["", "1", session.text + ".x", "2" + session.text.dropFirst(), "1.a.b.c.5", "1.a.b.3."] {
            #expect(WebSession(wrong) == nil)
        }
    }

    @Test func `roles stand one above the other`() throws {
        #expect(Role.wall < .viewer && .viewer < .operator && .operator < .admin)
        #expect(try Role.named("admin") == .admin)
        #expect(throws: Refused.self) { try Role.named("root") }
        #expect(try Role.ofUser(named: "viewer") == .viewer)
        #expect(throws: Refused.self) { try Role.ofUser(named: "wall") }
    }
}
