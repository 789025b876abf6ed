import Linux
import Model
import Testing

@testable import Wire
@testable import sprout_dhcp

/// A machine that loads the same program over and over is led out, or left to itself.
@Suite struct LoopTests {
    private let start = Reactor.Deadline.now
    private let mac = try? MACAddress("52:54:00:aa:00:02")

    @Test func `an iPXE without HTTP is given our own once, and then the script`() throws {
        let mac = try #require(mac)
        var log = OfferLog()
        var question = try Question("ipxe-without-http-discover")
        for (second, expected) in [
            (0, Reply.Gift.program(.undionly)), (1, .program(.undionly)), (4, .program(.undionly)),
            (8, .script(url: "http://192.168.77.2/ipxe/52-54-00-aa-00-02")),
            (59, .script(url: "http://192.168.77.2/ipxe/52-54-00-aa-00-02")), (70, .program(.undionly)),
        ] {
            let now = start + .seconds(second)
            question.recent = log.recent(mac, transaction: question.message.transaction, now: now)
            let gift = try #require(question.reply).gift
            #expect(gift == expected, "after \(second) s")
            log.note(gift, for: mac, transaction: question.message.transaction, now: now)
        }
    }

    @Test(arguments: ["intel-rom-discover", "edk2-pxe-discover", "edk2-http-discover"])
    func `firmware that comes back again and again is left to itself for a while`(name: String) throws {
        let mac = try #require(mac)
        var log = OfferLog()
        var question = try Question(name)
        var answers: [Bool] = []
        for turn in 0..<9 {
            let now = start + .seconds(turn * 8)
            question.message.transaction = UInt32(turn)
            question.recent = log.recent(mac, transaction: UInt32(turn), now: now)
            answers.append(question.reply != nil)
            if let gift = question.reply?.gift { log.note(gift, for: mac, transaction: UInt32(turn), now: now) }
        }
        #expect(answers == [true, true, true, true, true, false, false, false, true])
        question.port = .bootServer
        question.recent.otherAttempts = 5
        #expect(question.silence != .looping)
    }

    @Test func `a question that is repeated, and its second port, are one attempt`() throws {
        let mac = try #require(mac)
        var log = OfferLog()
        for second in [0, 4, 12, 28] {
            log.note(.bootServer, for: mac, transaction: 7, now: start + .seconds(second))
            log.note(.program(.snponly), for: mac, transaction: nil, now: start + .seconds(second))
        }
        let now = start + .seconds(30)
        #expect(log.recent(mac, transaction: 7, now: now).otherAttempts == 0)
        #expect(log.recent(mac, transaction: 8, now: now).otherAttempts == 1)
    }

    @Test func `an iPXE that can load the script is given it however often it asks`() throws {
        var question = try Question("seabios-ipxe-rom-discover")
        question.recent = RecentOffers(otherAttempts: 100, wasGivenProgram: true)
        #expect(question.reply?.gift == .script(url: "http://192.168.77.2/ipxe/52-54-00-77-00-01"))
    }

    @Test func `a flood of invented addresses does not grow the memory for ever`() throws {
        let mac = try #require(mac)
        var log = OfferLog()
        log.note(.bootServer, for: mac, transaction: 1, now: start)
        for number in 0..<2500 {
            let digits = String(number, radix: 16)
            let other = try MACAddress("020000" + String(repeating: "0", count: 6 - digits.count) + digits)
            log.note(.bootServer, for: other, transaction: 1, now: start)
        }
        #expect(log.recent(mac, transaction: 2, now: start).otherAttempts == 0)
        log.note(.bootServer, for: mac, transaction: 1, now: start + .seconds(120))
        #expect(log.recent(mac, transaction: 2, now: start + .seconds(121)).otherAttempts == 1)
        #expect(log.recent(mac, transaction: 2, now: start + .seconds(181)).otherAttempts == 0)
    }
}
