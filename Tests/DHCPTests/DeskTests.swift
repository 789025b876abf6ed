import Control
import Glibc
import Ledger
import Model
import Store
import Testing

@testable import Linux
@testable import Wire
@testable import sprout_dhcp

/// One loop for all tests of the process: it never ends.
private let reactor: Reactor = {
    guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
    reactor.start()
    return reactor
}()

@Suite(.timeLimit(.minutes(5))) struct DeskTests {
    @Test func `all are answered, or only hosts, as the settings say from now on`() async throws {
        let scene = try await Scene(answer: "known")
        #expect(await scene.verdict("edk2-pxe-discover")?.decision.silence == .stranger)
        #expect(await scene.verdict("ipxe-undionly-discover")?.decision.reply != nil)
        _ = try await scene.ledger.load(["pxe.answer": "all"], by: Scene.author)
        try await scene.desk.refresh()
        #expect(await scene.verdict("edk2-pxe-discover")?.decision.reply != nil)
    }

    @Test func `nobody is answered before it is known whom to answer`() async throws {
        let scene = try await Scene(answer: nil)
        #expect(await scene.verdict("edk2-pxe-discover")?.decision.silence == .stranger)
    }

    @Test func `what was chosen for a host holds from the next refresh on, for each of its interfaces`() async throws {
        let scene = try await Scene(answer: "all")
        let other = try MACAddress("52:54:00:aa:00:02")
        func file(_ name: String) async throws -> String {
            let file = try #require(await scene.verdict(name)?.decision.reply).message.file
            return String(decoding: file, as: UTF8.self)
        }
        #expect(try await file("ipxe-without-http-discover") == "undionly.kpxe")
        let host = try #require(try await scene.store.host(withMAC: other))
        let mac = try #require(await scene.verdict("ipxe-without-http-discover")).client.mac
        let change = HostChange(addedMACs: ["\(mac)"], netbootProgram: "ipxe")
        _ = try await scene.ledger.change(hostID: host.id, by: change, author: Scene.author)
        #expect(try await file("ipxe-without-http-discover") == "undionly.kpxe")
        try await scene.desk.refresh()
        #expect(try await file("ipxe-without-http-discover") == "ipxe.pxe")
    }

    @Test func `what is no question is counted and passed over`() async throws {
        let scene = try await Scene(answer: "all")
        #expect(await scene.verdict("linux-udhcpc-discover") == nil)
        #expect(await scene.desk.verdict(on: Scene.datagram([1, 2, 3]), at: .dhcp) == nil)
        #expect(await scene.desk.summary == "0 answers, 2 messages of others passed over")
    }

    @Test func `what a machine says of itself is told after it was answered`() async throws {
        let scene = try await Scene(answer: "all")
        await scene.desk.note(try #require(await scene.verdict("vmware-efi-discover")))
        var seen = scene.observations.makeAsyncIterator()
        let observation = try #require(await seen.next())
        #expect(observation.kind == .machineSeen && observation.daemon == "sprout-dhcp")
        #expect(observation.sighting?.kind == .asked && observation.sighting?.details.server == "192.168.77.2")
        #expect(observation.mac.map { "\($0)" } == "00:0c:29:5e:9b:10")
        #expect(observation.traits?.architecture == 9)
        #expect(observation.traits?.vendorClass == "PXEClient:Arch:00009:UNDI:003016")
        #expect(observation.traits?.uuid == "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7")
        #expect(
            observation.message
                == "00:0c:29:5e:9b:10 asked what to boot (UEFI, PXEClient:Arch:00009:UNDI:003016) and was told to ask port"
                + " 4011 by 192.168.77.2.")
        await scene.desk.note(try #require(await scene.verdict("edk2-pxe-request-4011")))
        await scene.desk.note(try #require(await scene.verdict("raspberry-pi-discover")))
        let next = try #require(await seen.next())
        #expect(
            next.message.hasPrefix(
                "dc:a6:32:01:02:03 asked what to boot (BIOS, PXEClient:Arch:00000:UNDI:002001) and is not")
        )
        #expect(next.sighting?.details.silence == "raspberry_pi")
    }

    @Test func `a question at the second port is answered where it came from, from that port`() async throws {
        let scene = try await Scene(answer: "all")
        let server = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let client = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let place = Endpoint(address: 0x7F00_0001, port: try server.port)
        let listener = Listener(socket: server, port: .bootServer, desk: scene.desk, reactor: reactor)
        let running = Task { try await listener.run() }
        try await client.send([0xFF, 0], to: place)
        try await client.send(try Question.bytes("edk2-pxe-discover"), to: place)
        try await client.send(try Question.bytes("edk2-pxe-request-4011"), to: place)
        let answer = try await client.receive()
        #expect(answer.sender == place)
        let message = try DHCPMessage(parsing: answer.bytes.span)
        #expect(message.transaction == 0xDF75_FE58)
        #expect("\(message.serverAddress)" == "127.0.0.1")
        #expect(message.file == Array("snponly.efi".utf8))
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
    }

    @Test func `nobody is answered, counted or told of while network boot is off, or at another port`() async throws {
        let scene = try await Scene(answer: "all")
        let server = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let client = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let place = Endpoint(address: 0x7F00_0001, port: try server.port)
        let listener = Listener(socket: server, port: .bootServer, desk: scene.desk, reactor: reactor)
        let running = Task { try await listener.run() }
        func settings(_ settings: [String: String]) async throws {
            _ = try await scene.ledger.load(settings, by: Scene.author)
            try await scene.desk.refresh()
        }
        for hidden in [["pxe.enabled": "false"], ["pxe.enabled": "true", "pxe.interface": "another"]] {
            try await settings(hidden)
            try await client.send(try Question.bytes("edk2-pxe-request-4011"), to: place)
            await #expect(throws: Errno.timedOut) { try await client.receive(until: .now + .milliseconds(300)) }
        }
        #expect(await scene.desk.tally == MessageTally())
        try await settings(["pxe.interface": "lo"])
        try await client.send(try Question.bytes("edk2-pxe-request-4011"), to: place)
        #expect(try await client.receive().sender == place)
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
    }
}

/// A desk with a database of its own, in which one host is.
private struct Scene {
    let ledger: Ledger
    let store: Store
    let desk: ProxyDesk
    let observations: AsyncStream<Observation>

    static let author = Ledger.Author(actor: "a test")

    init(answer: String?) async throws {
        var template = Array("/tmp/sprout-dhcp-XXXXXX".utf8CString)
        guard let folder = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        let path = String(cString: folder) + "/sprout.db"
        ledger = try Ledger(path: path, Worker()) { Timestamp(milliseconds: 1_795_200_000_000) }
        let type = ServerTypeRecord(key: "vm", displayName: "vm", hostnamePrefix: "vm-", body: "{}")
        _ = try await ledger.load([type], from: "a test", by: Self.author)
        if let answer { _ = try await ledger.load(["pxe.answer": answer], by: Self.author) }
        _ = try await ledger.load(["pxe.enabled": "true", "pxe.interface": "lo"], by: Self.author)
        _ = try await ledger.register(HostDraft(mac: "52:54:00:aa:00:02", serverType: "vm"), by: Self.author)
        let (observations, queue) = AsyncStream.makeStream(of: Observation.self)
        self.observations = observations
        store = try Store(path: path)
        desk = ProxyDesk(ProxyPolicy(httpPort: 80), store) { queue.yield($0) }
        try await desk.refresh()
    }

    func verdict(_ name: String) async -> ProxyDesk.Verdict? {
        guard let bytes = try? Question.bytes(name) else { return nil }
        return await desk.verdict(on: Self.datagram(bytes), at: .dhcp)
    }

    static func datagram(_ bytes: [UInt8]) -> Datagram {
        Datagram(bytes: bytes, sender: Endpoint(address: 0, port: 68), interface: 1, localAddress: 0xC0A8_4D02)
    }
}
