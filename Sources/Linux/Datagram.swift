import CLinux
import Glibc
import Synchronization

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

/// A socket of datagrams, which are received and sent one by one, or many with one call of the kernel.
public final class DatagramSocket: Sendable {
    /// Longer ones are cut off: no frame of a LAN carries them.
    private static let longest = 2048

    let descriptor: WatchedDescriptor
    /// Whether the last call took all that had come: then the next datagram is one that the reactor tells of.
    private let isDrained = Atomic(false)

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
        try await receive(atMost: 1, until: deadline)[0]
    }

    /// The datagrams that have come, or the next one that comes, or `Errno.timedOut`.
    public func receive(atMost most: Int, until deadline: Reactor.Deadline? = nil) async throws -> [Datagram] {
        let isBlocked = isDrained.exchange(false, ordering: .relaxed)
        return try await descriptor.whenReady(.readable, until: deadline, isBlocked: isBlocked) {
            descriptor throws(Errno) in
            let fd = descriptor.rawValue
            return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: most * Self.longest) {
                bytes throws(Errno) in
                var arrivals = [linux_datagram](repeating: linux_datagram(), count: most)
                let count = try retrying {
                    linux_receive(fd, bytes.baseAddress, Self.longest, &arrivals, CInt(most))
                }
                isDrained.store(count < most, ordering: .relaxed)
                return arrivals.prefix(Int(count)).map { Datagram($0, among: UnsafeRawBufferPointer(bytes)) }
            }
        }
    }

    /// Sends a datagram out of an interface and from an address of ours; 0 leaves the choice to the kernel's routes.
    ///
    /// An answer must come from the address that was asked, and an interface may have several.
    public func send(
        _ bytes: [UInt8], to receiver: Endpoint, interface: CInt = 0, from localAddress: UInt32 = 0
    ) async throws {
        var outbox = Outbox()
        outbox.append(to: receiver, interface: interface, from: localAddress) { $0 += bytes }
        _ = try await send(outbox, from: 0)
    }

    /// Sends a datagram as `send` does, but throws `Errno.wouldBlock` where the kernel has no room for it now.
    public func sendAtOnce(
        _ bytes: [UInt8], to receiver: Endpoint, interface: CInt = 0, from localAddress: UInt32 = 0
    ) throws(Errno) {
        var outbox = Outbox()
        outbox.append(to: receiver, interface: interface, from: localAddress) { $0 += bytes }
        let fd = descriptor.rawValue
        _ = try retrying { outbox.send(on: fd, from: 0) }
    }

    /// Sends all datagrams, but for those that cannot be sent: these are as good as lost on the way.
    public func send(_ outbox: Outbox) async throws {
        var next = 0
        while next < outbox.count {
            do {
                next += try await send(outbox, from: next)
            } catch is Errno {
                next += 1
            }
        }
    }

    /// Sends one datagram or more, and says how many; throws if the first cannot be sent.
    private func send(_ outbox: Outbox, from first: Int) async throws -> Int {
        try await descriptor.whenReady(.writable) { descriptor throws(Errno) in
            let fd = descriptor.rawValue
            return Int(try retrying { outbox.send(on: fd, from: first) })
        }
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

extension Datagram {
    fileprivate init(_ arrival: linux_datagram, among bytes: UnsafeRawBufferPointer) {
        self.init(
            bytes: Array(bytes[arrival.start..<arrival.start + arrival.size]), sender: Endpoint(arrival.peer),
            interface: arrival.route.ipi_ifindex, localAddress: UInt32(bigEndian: arrival.route.ipi_spec_dst.s_addr),
            destination: UInt32(bigEndian: arrival.route.ipi_addr.s_addr))
    }
}

extension Endpoint {
    fileprivate init(_ address: sockaddr_in) {
        self.init(
            address: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
    }
}
