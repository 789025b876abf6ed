import Linux
import Testing

@testable import Wire
@testable import sprout_dhcp

@Suite struct ServerWatchTests {
    private let start = Reactor.Deadline.now
    private let server = LeaseScene.address("10.0.0.9")

    @Test func `nobody is answered before a search found nobody`() {
        var watch = ServerWatch()
        #expect(watch.state == .looking && watch.silence == "it looks for other DHCP servers first")
        let isNews = watch.looked(since: start)
        #expect(isNews && watch.state == .clear && watch.silence == nil)
        let again = watch.looked(since: start + .seconds(300))
        #expect(!again, "that all is as before is no news")
    }

    @Test func `E25 - a server that is there at the start keeps ours silent`() {
        var watch = ServerWatch()
        watch.heard(server, at: start + .seconds(1))
        let isNews = watch.looked(since: start)
        #expect(!isNews && watch.state == .occupied)
        #expect(watch.silence == "10.0.0.9 gives them out too")
    }

    @Test func `E25 - a server that appears later silences ours at once`() {
        var watch = ServerWatch()
        _ = watch.looked(since: start)
        watch.heard(server, at: start + .seconds(100))
        #expect(watch.state == .occupied)
        let isNews = watch.name(server, "10.0.0.9 (02:00:00:00:00:09)")
        #expect(isNews && watch.silence == "10.0.0.9 (02:00:00:00:00:09) gives them out too")
        let again = watch.name(server, "10.0.0.9 (02:00:00:00:00:09)")
        #expect(!again, "one server is named once")
    }

    @Test func `E25 - ours answers again after a search that nobody answered`() {
        var watch = ServerWatch()
        watch.heard(server, at: start + .seconds(100))
        let whileItIsThere = watch.looked(since: start + .seconds(99))
        let after = watch.looked(since: start + .seconds(101))
        #expect(!whileItIsThere && after && watch.state == .clear)
    }

    static let heard: [(name: String, change: @Sendable (inout DHCPMessage) -> Void, kind: String?)] = [
        ("a router's offer", { _ in }, "dhcp: addresses"),
        ("its acknowledgement", { $0.options[.messageType] = [5] }, "dhcp: addresses"),
        ("its refusal", { $0.options[.messageType] = [6] }, nil),
        ("a client's message", { $0.operation = .request }, nil),
        ("a boot file", { $0.file = Array("pxelinux.0".utf8) }, "boot: the program pxelinux.0"),
        ("a boot file in an option", { $0.options[.bootFile] = Array("a b\n\0".utf8) }, "boot: the program a?b?"),
        ("a boot server", { $0.options[.bootServer] = [65] }, "boot: a boot server (option 66)"),
        ("PXE's own options", { $0.options[.vendorOptions] = [6, 1, 8] }, "boot: options of PXE (43)"),
        (
            "a proxy", { $0.options[.vendorClass] = Array("PXEClient".utf8) }, "boot: a boot service of PXE"
        ),
    ]

    @Test(arguments: heard.indices)
    func `what tells machines what to boot is told from what only gives out addresses`(index: Int) {
        let row = Self.heard[index]
        var message = DHCPMessage(answering: LeaseScene.message(.discover))
        message.options[.messageType] = [2]
        row.change(&message)
        let heard = HeardServer(message, from: server.rawValue)
        #expect(heard.map { "\($0.kind): \($0.offers)" } == row.kind, "\(row.name)")
    }

    @Test func `our own question is known again, and is one that servers answer`() throws {
        let (probe, other) = (ServerProbe(), ServerProbe())
        for bytes in probe.questions {
            #expect(probe.isOwn(bytes) && !other.isOwn(bytes))
            let message = try DHCPMessage(parsing: bytes.span)
            #expect(message.flags == DHCPMessage.broadcast && message.hardwareAddress.bytes[0] == 2)
            #expect(NetbootClient(message) != nil)
        }
    }

    @Test func `whoever pretends to be a thousand servers, few are told of`() {
        var known = KnownServers()
        var told = 0
        for number in 1...1000 as ClosedRange<UInt32> {
            var message = DHCPMessage(answering: LeaseScene.message(.discover))
            message.options[.messageType] = [2]
            guard let server = HeardServer(message, from: number) else { continue }
            if known.isWorthTelling(server, at: start) { told += 1 }
        }
        #expect(told == 32)
    }
}
