import Testing

@testable import Linux

@Suite(.timeLimit(.minutes(5))) struct DatagramTests {
    @Test func `a datagram tells where it came from and on which address, and can be answered there`() async throws {
        let server = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let client = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let port = try server.port
        try await client.send([1, 2, 3], to: Endpoint(address: 0x7F00_0001, port: port))
        let arrived = try await server.receive()
        #expect(arrived.bytes == [1, 2, 3])
        #expect(arrived.localAddress == 0x7F00_0001)
        #expect(arrived.sender == Endpoint(address: 0x7F00_0001, port: try client.port))
        try await server.send([4], to: arrived.sender, interface: arrived.interface)
        #expect(try await client.receive().bytes == [4])
    }

    @Test func `many datagrams are sent and received together, and one that cannot be sent stops no other`()
        async throws
    {
        let server = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let client = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let receiver = Endpoint(address: 0x7F00_0001, port: try server.port)
        var outbox = Outbox()
        for number in 0..<100 as Range<UInt8> {
            // From an address that is not ours nothing can be sent.
            outbox.append(to: receiver, from: number % 10 == 0 ? 0x0808_0808 : 0) { $0 += [number, 0] }
        }
        try await client.send(outbox)
        var arrived: [[UInt8]] = []
        while arrived.count < 90 { arrived += try await server.receive(atMost: 32).map(\.bytes) }
        #expect(arrived == (0..<100).filter { $0 % 10 != 0 }.map { [$0, 0] })
        try await client.send([7], to: receiver)
        #expect(
            try await server.receive(atMost: 32).map(\.bytes) == [[7]], "after all were taken the next one is heard of")
        await #expect(throws: Errno.timedOut) { try await server.receive(atMost: 32, until: .now + .milliseconds(20)) }
    }

    @Test func `a wait for a datagram ends at its deadline`() async throws {
        let socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        await #expect(throws: Errno.timedOut) { try await socket.receive(until: .now + .milliseconds(20)) }
    }

    @Test func `an endpoint is written as people write it`() {
        #expect("\(Endpoint(address: 0xC0A8_0102, port: 69))" == "192.168.1.2:69")
    }
}
