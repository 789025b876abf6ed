import CLinux
import Glibc

/// The address of a UDP socket: an IPv4 address as a number in host order, and a port.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public let address: UInt32
    public let port: UInt16

    public init(address: UInt32, port: UInt16) {
        self.address = address
        self.port = port
    }

    public var description: String {
        [24, 16, 8, 0].map { "\(address >> $0 & 255)" }.joined(separator: ".") + ":\(port)"
    }
}

/// A datagram, and how it came: enough to answer it on the interface it arrived on.
public struct Datagram: Sendable {
    public var bytes: [UInt8]
    public var sender: Endpoint
    /// The index of the interface, and our own address on it, also where the datagram was sent to everybody.
    public var interface: CInt
    public var localAddress: UInt32
    /// The address that it was sent to.
    public var destination: UInt32 = 0
}

/// A socket of datagrams, read one by one.
public final class DatagramSocket: Sendable {
    let descriptor: WatchedDescriptor

    public init(_ descriptor: consuming FileDescriptor, _ reactor: Reactor) throws(Errno) {
        self.descriptor = try WatchedDescriptor(descriptor, reactor)
    }

    /// The port it is bound to.
    var port: UInt16 {
        get throws(Errno) {
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let fd = descriptor.rawValue
            try retrying {
                withUnsafeMutablePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
                }
            }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    /// The next datagram from the network, or `Errno.timedOut`.
    public func receive(until deadline: Reactor.Deadline? = nil) async throws -> Datagram {
        try await descriptor.whenReady(.readable, until: deadline) { descriptor throws(Errno) in
            let fd = descriptor.rawValue
            var bytes = [UInt8](repeating: 0, count: 2048)
            var sender = sockaddr_in()
            var arrival = in_pktinfo()
            let count = try retrying { linux_receive(fd, &bytes, bytes.count, &sender, &arrival) }
            bytes.removeSubrange(count...)
            let endpoint = Endpoint(
                address: UInt32(bigEndian: sender.sin_addr.s_addr), port: UInt16(bigEndian: sender.sin_port))
            return Datagram(
                bytes: bytes, sender: endpoint, interface: arrival.ipi_ifindex,
                localAddress: UInt32(bigEndian: arrival.ipi_spec_dst.s_addr),
                destination: UInt32(bigEndian: arrival.ipi_addr.s_addr))
        }
    }

    /// Sends a datagram out of an interface and from an address of ours; 0 leaves the choice to the kernel's routes.
    ///
    /// An answer must come from the address that was asked, and an interface may have several.
    public func send(
        _ bytes: [UInt8], to receiver: Endpoint, interface: CInt = 0, from localAddress: UInt32 = 0
    ) async throws {
        _ = try await descriptor.whenReady(.writable) { descriptor throws(Errno) in
            try Self.send(descriptor.rawValue, bytes, receiver, interface, localAddress)
        }
    }

    /// Sends a datagram as `send` does, but throws `Errno.wouldBlock` where the kernel has no room for it now.
    public func sendAtOnce(
        _ bytes: [UInt8], to receiver: Endpoint, interface: CInt = 0, from localAddress: UInt32 = 0
    ) throws(Errno) {
        _ = try Self.send(descriptor.rawValue, bytes, receiver, interface, localAddress)
    }

    private static func send(
        _ fd: CInt, _ bytes: [UInt8], _ receiver: Endpoint, _ interface: CInt, _ localAddress: UInt32
    ) throws(Errno) -> Int {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_addr.s_addr = receiver.address.bigEndian
        target.sin_port = receiver.port.bigEndian
        var origin = in_pktinfo()
        origin.ipi_ifindex = interface
        origin.ipi_spec_dst.s_addr = localAddress.bigEndian
        return try retrying { linux_send(fd, bytes, bytes.count, &target, &origin) }
    }

    /// The next message from a process of this machine, and that process's id.
    public func receiveFromProcess() async throws -> (text: String, sender: CInt) {
        try await descriptor.whenReady(.readable) { descriptor throws(Errno) in
            var bytes = [UInt8](repeating: 0, count: 4096)
            var sender: pid_t = 0
            let fd = descriptor.rawValue
            let count = try retrying { linux_receive_from_process(fd, &bytes, bytes.count, &sender) }
            return (String(decoding: bytes.prefix(count), as: UTF8.self), sender)
        }
    }
}
