import Fetch
import Model
import Testing

@testable import Outreach

@Suite struct MessageTests {
    private func message(_ kind: NoticeKind, _ reason: String? = "its disk is gone. Look at it.") -> Message {
        Message(kind, of: Sample.host, at: Sample.moment, because: reason, publicURL: "http://sprout.local")
    }

    @Test func `a message says which host, what happened, why and what to do`() {
        #expect(message(.ready).title == "pve-01 is ready")
        #expect(message(.failed).title == "pve-01 failed")
        #expect(message(.needsYou).title == "pve-01 needs you")
        #expect(message(.failed).text == "Its disk is gone. Look at it.")
        #expect(message(.failed, nil).text == "pve-01 failed.")
        #expect(message(.failed).page == "http://sprout.local/hosts/h-1")
    }

    static let urgencies: [(kind: NoticeKind, priority: Int)] = [(.ready, 3), (.failed, 4), (.needsYou, 4)]

    @Test(arguments: urgencies)
    func `ntfy gets its topic, and is louder where somebody has to act`(kind: NoticeKind, priority: Int) throws {
        let request = try Ntfy(try Sample.outlet("https://ntfy.lan/sprout", secret: "tk_1")).request(message(kind))
        #expect(request.url.text == "https://ntfy.lan/")
        #expect(request.fields.contains { $0 == ("Authorization", "Bearer tk_1") })
        let body = try Sample.object(request.body)
        #expect(body["topic"] as? String == "sprout" && body["priority"] as? Int == priority)
        #expect(body["title"] as? String == message(kind).title)
        #expect(body["message"] as? String == "Its disk is gone. Look at it.")
        #expect(body["click"] as? String == "http://sprout.local/hosts/h-1")
        #expect((body["tags"] as? [String])?.count == 1)
    }

    @Test func `without a public address there is nothing to click, and without a token nothing to show`() throws {
        let message = Message(.ready, of: Sample.host, at: Sample.moment, because: nil, publicURL: nil)
        let request = try Ntfy(try Sample.outlet("http://ntfy.lan/a")).request(message)
        #expect(try Sample.object(request.body)["click"] == nil)
        #expect(!request.fields.contains { $0.name == "Authorization" })
    }

    @Test func `the JSON of a webhook names the event, the host and the delivery`() throws {
        let body = try Sample.object(message(.needsYou).json(delivery: "d-1"))
        #expect(body["event"] as? String == "host.needs_you" && body["delivery"] as? String == "d-1")
        #expect(body["host"] as? [String: String] == ["id": "h-1", "hostname": "pve-01"])
        #expect(body["at"] as? String == "\(Sample.moment)")
        let test = try Sample.object(Message(testAt: Sample.moment, publicURL: nil).json(delivery: "d"))
        #expect(test["event"] as? String == "test" && test["host"] == nil)
    }
}
