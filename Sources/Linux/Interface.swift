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

    /// The hardware address of a neighbour, or nil while the kernel does not know it: it asks when something is sent.
    public func hardwareAddress(of address: UInt32, on interface: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 6)
        let known = linux_neighbour(descriptor.rawValue, interface, in_addr(s_addr: address.bigEndian), &bytes)
        return known == 0 ? bytes : nil
    }
}
