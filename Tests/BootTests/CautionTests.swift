import Linux
import Testing
import Wire

@testable import sprout_boot

/// What a client gets after a download that went wrong, and what is told of that download.
@Suite struct CautionTests {
    static let file = Bench.content(100_000)
    static let asked = TFTPOptions(blockSize: 1468, windowSize: 4)
    static let cautious = TFTPOptions(blockSize: 512, windowSize: 1)
    static let route = SessionsTests.route(1000)
    static let start = SessionsTests.start

    /// The options that a request is granted, each time from a port of its own.
    private func granted(
        _ sessions: inout Sessions, port: UInt16 = 2000, address: UInt32 = route.client.address, after: Duration
    ) -> TFTPOptions? {
        let route = SessionsTests.route(port, address: address)
        let effects = sessions.begin("a", Self.file, options: Self.asked, on: route, at: Self.start + after)
        guard case .optionAcknowledgement(let options) = effects.packets.first?.packet else { return nil }
        return options
    }

    /// Sessions in which a client has 4 blocks, and then nobody hears of it until it is given up.
    private func stalled() -> (sessions: Sessions, reports: [Progress], ended: Duration) {
        var sessions = Sessions()
        _ = sessions.begin("a", Self.file, options: Self.asked, on: Self.route, at: Self.start)
        _ = sessions.received(.acknowledgement(block: 0), on: Self.route, at: Self.start + .milliseconds(10))
        _ = sessions.received(.acknowledgement(block: 4), on: Self.route, at: Self.start + .milliseconds(22))
        var reports: [Progress] = []
        var ended = Duration.zero
        while let deadline = sessions.deadline {
            reports += sessions.timePassed(at: deadline).reports
            ended = Self.start.duration(to: deadline)
        }
        return (sessions, reports, ended)
    }

    @Test func `E7 a client whose download stalled gets small blocks one by one for five minutes`() {
        var (sessions, _, ended) = stalled()
        #expect(granted(&sessions, after: ended) == Self.cautious)
        #expect(granted(&sessions, port: 2001, after: ended + .seconds(299)) == Self.cautious)
        #expect(granted(&sessions, port: 2002, after: ended + .seconds(300)) == Self.asked)
    }

    @Test func `E7 other clients get what they ask for`() {
        var (sessions, _, ended) = stalled()
        #expect(granted(&sessions, address: 9, after: ended) == Self.asked)
    }

    @Test func `E7 a client that asks anew while its last download stands still gets small blocks`() {
        var sessions = Sessions()
        _ = sessions.begin("a", Self.file, options: Self.asked, on: Self.route, at: Self.start)
        _ = sessions.received(.acknowledgement(block: 0), on: Self.route, at: Self.start)
        #expect(granted(&sessions, after: .milliseconds(500)) == Self.asked)
        _ = sessions.timePassed(at: Self.start + .seconds(1))
        _ = sessions.timePassed(at: Self.start + .seconds(3))
        #expect(granted(&sessions, port: 2001, after: .milliseconds(3100)) == Self.cautious)
    }

    @Test func `E7 a probe whose end got lost is no trouble`() {
        var sessions = Sessions()
        _ = sessions.begin("a", Self.file, options: TFTPOptions(transferSize: 0), on: Self.route, at: Self.start)
        while let deadline = sessions.deadline { _ = sessions.timePassed(at: deadline) }
        #expect(sessions.counters.failed == 1)
        #expect(granted(&sessions, after: .seconds(40)) == Self.asked)
    }

    @Test func `E7 a client that ends a download half way gets small blocks, and one that only probed does not`() {
        let abort = TFTPPacket.error(TFTPError(code: 0, text: "timeout"))
        for (block, options) in [(UInt16(4), Self.cautious), (nil, Self.asked)] {
            var sessions = Sessions()
            _ = sessions.begin("a", Self.file, options: Self.asked, on: Self.route, at: Self.start)
            if let block {
                _ = sessions.received(.acknowledgement(block: 0), on: Self.route, at: Self.start)
                _ = sessions.received(.acknowledgement(block: block), on: Self.route, at: Self.start)
            }
            _ = sessions.received(abort, on: Self.route, at: Self.start)
            #expect(granted(&sessions, after: .seconds(1)) == options)
        }
    }

    @Test func `E7 what failed is told with its block, its block size and the time of a round trip`() {
        let (_, reports, _) = stalled()
        guard case .failed(let download, _) = reports.last else { return #expect(Bool(false), "\(reports)") }
        #expect(download.acknowledgedBlock == 4)
        #expect(download.roundTrip == .milliseconds(12))
        let sentence =
            "10.0.0.2:1000 did not get a: the client fell silent after block 4 of 69; it has block 4 of 69,"
            + " blocks of 1468 bytes, round trip 12 ms, 20 packets sent again"
        #expect(reports.last?.description == sentence)
    }

    @Test func `E7 only what was sent once is measured`() {
        var bench = Bench(5000)
        _ = bench.begin()
        #expect(bench.transfer.roundTrip == nil)
        _ = bench.wait(.seconds(1))
        _ = bench.acknowledge(1)
        #expect(bench.transfer.roundTrip == nil, "block 1 was sent twice")
        _ = bench.wait(.milliseconds(8))
        _ = bench.acknowledge(2)
        #expect(bench.transfer.roundTrip == .milliseconds(8))
        _ = bench.wait(.milliseconds(16))
        _ = bench.acknowledge(3)
        #expect(bench.transfer.roundTrip == .milliseconds(9))
    }

    @Test func `a flood of addresses in trouble takes no more memory than there are places`() {
        var troubled = TroubledClients()
        for address in 0..<10_000 as Range<UInt32> {
            troubled.note(Endpoint(address: address, port: 1), at: Self.start)
        }
        #expect(troubled.contains(Endpoint(address: 9999, port: 2), at: Self.start))
        #expect(troubled.count <= 4096)
    }

    @Test func `the largest block can be set, and what is no block size is refused with what may be set`() throws {
        #expect(try Transfer.Limits.configured(nil).block == 1468)
        #expect(try Transfer.Limits.configured("1400").block == 1400)
        #expect(try Transfer.Limits.configured("65464").block == 65464)
        for text in ["511", "65465", "", "many", "-1468", "1468 "] {
            #expect(throws: Transfer.Limits.Unusable.self) { try Transfer.Limits.configured(text) }
        }
        let terms = Transfer.Terms(asked: TFTPOptions(blockSize: 1468), size: 10, limits: Transfer.Limits(block: 1400))
        #expect(terms.answer == TFTPOptions(blockSize: 1400))
    }
}
