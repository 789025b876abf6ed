import CLinux
import Glibc

/// Datagrams that are sent together: their bytes lie one behind the other.
public struct Outbox: Sendable {
    private var bytes: [UInt8] = []
    private var datagrams: [linux_datagram] = []

    public init() {}

    public var count: Int { datagrams.count }
    /// The bytes of all of them.
    public var size: Int { bytes.count }

    /// Adds a datagram, whose bytes `write` appends to those that are there.
    ///
    /// It leaves through the interface and from the address of ours; 0 leaves the choice to the kernel's routes.
    public mutating func append(
        to receiver: Endpoint, interface: CInt = 0, from localAddress: UInt32 = 0, write: (inout [UInt8]) -> Void
    ) {
        var datagram = linux_datagram()
        datagram.start = bytes.count
        write(&bytes)
        datagram.size = bytes.count - datagram.start
        datagram.peer.sin_family = sa_family_t(AF_INET)
        datagram.peer.sin_addr.s_addr = receiver.address.bigEndian
        datagram.peer.sin_port = receiver.port.bigEndian
        datagram.route.ipi_ifindex = interface
        datagram.route.ipi_spec_dst.s_addr = localAddress.bigEndian
        datagrams.append(datagram)
    }

    /// Empties it, and keeps its memory for what comes next.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        datagrams.removeAll(keepingCapacity: true)
    }

    /// How many were sent from the first on, or -1 and `errno`.
    func send(on fd: CInt, from first: Int) -> CInt {
        datagrams.withUnsafeBufferPointer { datagrams in
            linux_send(fd, bytes, datagrams.extracting(first...).baseAddress, CInt(clamping: datagrams.count - first))
        }
    }
}
