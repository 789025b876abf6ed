import Linux
import Testing
import Wire

@testable import sprout_boot

@Suite struct SessionsTests {
    static let start = SuspendingClock.now
    static let file = Bench.content(700)

    static func route(_ port: UInt16, address: UInt32 = 0x0a00_0002) -> Route {
        Route(client: Endpoint(address: address, port: port), interface: 2, localAddress: 0x0a00_0001)
    }

    @Test func `clients are told apart by address and port`() {
        var sessions = Sessions()
        let routes = [Self.route(1000), Self.route(1001), Self.route(1000, address: 9)]
        for route in routes { _ = sessions.begin("a", Self.file, options: TFTPOptions(), on: route, at: Self.start) }
        #expect(sessions.count == 3)
        let effects = sessions.received(.acknowledgement(block: 1), on: routes[1], at: Self.start)
        #expect(effects.packets.map(\.route) == [routes[1]])
        #expect(effects.packets.map(\.packet) == [.data(block: 2, bytes: Self.file[512...])])
        #expect(sessions.received(.acknowledgement(block: 2), on: routes[0], at: Self.start).packets.isEmpty)
    }

    @Test func `a download is told of from its beginning to its end`() {
        var sessions = Sessions()
        let route = Self.route(1000)
        var told = sessions.begin("a", Self.file, options: TFTPOptions(), on: route, at: Self.start).reports
        told += sessions.received(.acknowledgement(block: 1), on: route, at: Self.start).reports
        told += sessions.timePassed(at: Self.start + .seconds(1)).reports
        told += sessions.received(.acknowledgement(block: 2), on: route, at: Self.start + .seconds(1)).reports
        let begun = Download(client: route.client, name: "a", size: 700, blockSize: 512, windowSize: 1, blocks: 2)
        var ended = begun
        ended.acknowledgedBlock = 2
        ended.acknowledgedBytes = 700
        ended.roundTrip = .zero
        ended.retransmissions = 1
        ended.duration = .seconds(1)
        #expect(told == [.began(begun), .finished(ended, isConfirmed: true)])
        #expect(sessions.count == 0)
        #expect(sessions.deadline == nil)
        #expect(sessions.counters.finished == 1)
        #expect(sessions.counters.retransmissions == 1)
    }

    @Test func `the size probe of EDK2 is no failure, and its second request is a download`() {
        var sessions = Sessions()
        let route = Self.route(1000)
        _ = sessions.begin("a", Self.file, options: TFTPOptions(transferSize: 0), on: route, at: Self.start)
        let abort = TFTPPacket.error(TFTPError(code: 8, text: "User aborted the transfer"))
        let effects = sessions.received(abort, on: route, at: Self.start)
        #expect(effects.packets.isEmpty)
        guard case .probed = effects.reports.first else { return #expect(Bool(false), "\(effects.reports)") }
        _ = sessions.begin("a", Self.file, options: TFTPOptions(blockSize: 1468), on: route, at: Self.start)
        #expect(sessions.received(.acknowledgement(block: 0), on: route, at: Self.start).packets.count == 1)
        #expect(sessions.counters.failed == 0)
    }

    @Test func `a request that comes twice is one download; one that comes later ends the last`() {
        var sessions = Sessions()
        let route = Self.route(1000)
        for _ in 0..<3 {
            let effects = sessions.begin("a", Self.file, options: TFTPOptions(), on: route, at: Self.start)
            #expect(effects.packets.count == 1)
        }
        #expect(sessions.counters.begun == 1)
        _ = sessions.received(.acknowledgement(block: 1), on: route, at: Self.start)
        let effects = sessions.begin("a", Self.file, options: TFTPOptions(), on: route, at: Self.start)
        #expect(effects.reports.count == 2)
        #expect(effects.packets.map(\.packet) == [.data(block: 1, bytes: Self.file[..<512])])
        #expect(sessions.counters.begun == 2)
        #expect(sessions.counters.failed == 1)
        #expect(sessions.count == 1)
    }

    @Test func `a stranger's acknowledgement is answered with error 5, one that comes twice with nothing`() {
        var sessions = Sessions()
        let (known, stranger) = (Self.route(1000), Self.route(1001))
        _ = sessions.begin("a", [], options: TFTPOptions(), on: known, at: Self.start)
        #expect(sessions.received(.acknowledgement(block: 1), on: known, at: Self.start).reports.count == 1)
        #expect(sessions.received(.acknowledgement(block: 1), on: known, at: Self.start).packets.isEmpty)
        let answer = sessions.received(.acknowledgement(block: 1), on: stranger, at: Self.start)
        #expect(answer.packets.map(\.packet) == [.error(.unknownTransfer)])
        for packet in [.error(.unknownTransfer), .data(block: 1, bytes: [])] as [TFTPPacket] {
            #expect(sessions.received(packet, on: stranger, at: Self.start).packets.isEmpty)
        }
    }

    @Test func `downloads are limited, each client's and all`() {
        var sessions = Sessions(limits: Sessions.Limits(downloads: 3, downloadsPerClient: 2))
        let routes = [(1, 1), (2, 1), (1, 2)].map { Self.route($0, address: $1) }
        for route in routes {
            _ = sessions.begin("a", Self.file, options: TFTPOptions(), on: route, at: Self.start)
            _ = sessions.received(.acknowledgement(block: 1), on: route, at: Self.start)
        }
        let rooms = [(9, 1), (9, 2), (9, 3), (2, 1)].map { port, address in
            sessions.makeRoom(for: Endpoint(address: address, port: port), at: Self.start) != nil
        }
        #expect(rooms == [false, false, false, true])
        #expect(sessions.counters.dropped == 3)
    }

    @Test(arguments: [Sessions.Limits(downloads: 3), Sessions.Limits(downloadsPerClient: 3)])
    func `who has waited longest without a word gives way`(limits: Sessions.Limits) {
        var sessions = Sessions(limits: limits)
        for port in [1, 2, 3] as [UInt16] {
            let time = Self.start + .milliseconds(Int(port))
            _ = sessions.begin("a", Self.file, options: TFTPOptions(), on: Self.route(port), at: time)
        }
        _ = sessions.received(.acknowledgement(block: 1), on: Self.route(1), at: Self.start)
        let farewell = sessions.makeRoom(for: Self.route(4).client, at: Self.start)
        #expect(farewell?.packets.isEmpty == true)
        guard case .failed(let download, _) = farewell?.reports.first else { return #expect(Bool(false)) }
        #expect(download.client == Self.route(2).client)
        #expect(sessions.count == 2)
    }

    @Test func `requests are limited by the second, and for each client on its own`() {
        var sessions = Sessions(limits: Sessions.Limits(requestsPerSecond: 2, clients: 2))
        func admits(_ address: UInt32, _ seconds: Int = 0) -> Bool {
            sessions.admits(Endpoint(address: address, port: 1), at: Self.start + .seconds(seconds))
        }
        #expect([1, 1, 1, 2, 3, 1].map { admits($0) } == [true, true, false, true, false, false])
        #expect([3, 1].map { admits($0, 1) } == [true, true])
        #expect(sessions.counters.requests == 8)
        #expect(sessions.counters.dropped == 3)
    }

    @Test func `the nearest deadline counts, and only what is due is sent again`() {
        var sessions = Sessions()
        let (first, second) = (Self.route(1), Self.route(2))
        _ = sessions.begin("a", Self.file, options: TFTPOptions(), on: first, at: Self.start)
        _ = sessions.begin("a", Self.file, options: TFTPOptions(), on: second, at: Self.start + .milliseconds(500))
        #expect(sessions.deadline == Self.start + .seconds(1))
        #expect(sessions.timePassed(at: Self.start + .milliseconds(999)).packets.isEmpty)
        #expect(sessions.timePassed(at: Self.start + .seconds(1)).packets.map(\.route) == [first])
        #expect(sessions.deadline == Self.start + .milliseconds(1500))
    }
}
