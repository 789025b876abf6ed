import CLinux
import Glibc

/// A network port, and its first IPv4 address there.
public struct Interface: Equatable, Sendable {
    public let index: CInt
    public let address: UInt32
    public let mask: UInt32

    public init(index: CInt, address: UInt32, mask: UInt32) {
        self.index = index
        self.address = address
        self.mask = mask
    }
}

/// What the kernel knows of the network that a socket belongs to.
///
/// A daemon that was handed its sockets may itself live in a network of its own, which has nothing in it.
extension DatagramSocket {
    public func interface(named name: String) throws(Errno) -> Interface {
        var found = linux_interface()
        let fd = descriptor.rawValue
        try retrying { linux_find_interface(fd, name, &found) }
        return Interface(
            index: found.index, address: UInt32(bigEndian: found.address.s_addr),
            mask: UInt32(bigEndian: found.mask.s_addr))
    }

    /// Also of an interface that has no address.
    public func interfaceIndex(named name: String) throws(Errno) -> CInt {
        let fd = descriptor.rawValue
        return try retrying { linux_interface_index(fd, name) }
    }

    /// The interfaces that have an IPv4 address, with their names: one for each address.
    public func interfaces() throws(Errno) -> [(name: String, interface: Interface)] {
        var list = [linux_named_interface](repeating: linux_named_interface(), count: 64)
        let fd = descriptor.rawValue
        let count = try retrying { linux_list_interfaces(fd, &list, CInt(list.count)) }
        return list.prefix(Int(count)).map { entry in
            let name = withUnsafeBytes(of: entry.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            let interface = Interface(
                index: entry.interface.index, address: UInt32(bigEndian: entry.interface.address.s_addr),
                mask: UInt32(bigEndian: entry.interface.mask.s_addr))
            return (name, interface)
        }
    }

    /// The hardware address of a neighbour, for which the kernel is made to ask; nil if nobody answers in time.
    public func askForHardwareAddress(
        of address: UInt32, on interface: String, within patience: Duration, _ reactor: Reactor
    ) async throws -> [UInt8]? {
        let end = Reactor.Deadline.now + patience
        while true {
            if let bytes = hardwareAddress(of: address, on: interface) { return bytes }
            guard .now < end else { return nil }
            // To the port of the discard service (RFC 863), at which nobody listens.
            try? sendAtOnce([], to: Endpoint(address: address, port: 9))
            try await reactor.sleep(for: .milliseconds(50))
        }
    }

    /// The hardware address of a neighbour, or nil while the kernel does not know it: it asks when something is sent.
    public func hardwareAddress(of address: UInt32, on interface: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 6)
        let known = linux_neighbour(descriptor.rawValue, interface, in_addr(s_addr: address.bigEndian), &bytes)
        return known == 0 ? bytes : nil
    }
}
