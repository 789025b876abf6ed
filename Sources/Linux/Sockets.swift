import CLinux
import Glibc

extension FileDescriptor {
    /// Listens on an address; a socket file left behind by a program that is gone is replaced.
    public static func listening(on address: Address, mode: UInt32 = 0o600) throws -> FileDescriptor {
        guard case .unix(let path) = address else { return try address.first(FileDescriptor.listening) }
        _ = unlink(path)
        let socket = try address.first(FileDescriptor.listening)
        try retrying { chmod(path, mode) }
        return socket
    }

    private static func listening(_ address: SocketAddress) throws(Errno) -> FileDescriptor {
        let socket = try FileDescriptor.socket(address.family, CInt(SOCK_STREAM.rawValue))
        try socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        if address.family == AF_INET6 { try socket.set(CInt(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        try socket.bind(address)
        let fd = socket.rawValue
        try retrying { Glibc.listen(fd, 1024) }
        return socket
    }

    /// Listens for datagrams on a port of every address, as the `.socket` units of the daemons do.
    ///
    /// One that hears only what is sent to everybody takes nothing away from another program on the same port.
    public static func datagrams(
        port: UInt16, interface: String?, onlyBroadcasts: Bool = false
    ) throws(Errno) -> FileDescriptor {
        let socket = try FileDescriptor.socket(AF_INET, CInt(SOCK_DGRAM.rawValue))
        try socket.set(SOL_SOCKET, SO_BROADCAST, 1)
        try socket.set(CInt(IPPROTO_IP), IP_PKTINFO, 1)
        // Room for a rack of machines that are switched on together: more than anybody may ask for, so root does.
        do throws(Errno) { try socket.set(SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20) } catch {}
        if let interface {
            let (fd, length) = (socket.rawValue, socklen_t(interface.utf8.count))
            try retrying { setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, length) }
        }
        if onlyBroadcasts { try socket.set(SOL_SOCKET, SO_REUSEADDR, 1) }
        try socket.bind(SocketAddress(onlyBroadcasts ? INADDR_BROADCAST : INADDR_ANY, port: port))
        return socket
    }

    /// Receives datagrams from other processes of this machine, each with its sender's process id.
    public static func processDatagrams(at path: String) throws(Errno) -> FileDescriptor {
        _ = unlink(path)
        let socket = try FileDescriptor.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue))
        try socket.set(SOL_SOCKET, SO_PASSCRED, 1)
        try socket.bind(SocketAddress(unixPath: path))
        return socket
    }

    /// The port of a socket that has an address of the network.
    public borrowing func localPort() throws(Errno) -> UInt16 {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let fd = rawValue
        try retrying {
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
            }
        }
        // Both families have it at the same place.
        return withUnsafeBytes(of: &address) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
    }

    fileprivate static func connected(to address: SocketAddress) throws(Errno) -> FileDescriptor {
        let socket = try FileDescriptor.socket(address.family, CInt(SOCK_STREAM.rawValue))
        let fd = socket.rawValue
        try address.call { Glibc.connect(fd, $0, $1) }
        return socket
    }

    /// A pipe: what is written to one end is read from the other.
    public static func pipe() throws(Errno) -> (reader: CInt, writer: CInt) {
        var ends: [CInt] = [0, 0]
        try retrying { linux_open_pipe(&ends) }
        return (ends[0], ends[1])
    }

    static func socket(_ family: CInt, _ type: CInt) throws(Errno) -> FileDescriptor {
        FileDescriptor(owning: try retrying { Glibc.socket(family, type | CInt(SOCK_CLOEXEC.rawValue), 0) })
    }

    private borrowing func bind(_ address: SocketAddress) throws(Errno) {
        let fd = rawValue
        try address.call { Glibc.bind(fd, $0, $1) }
    }

    borrowing func set(_ level: CInt, _ option: CInt, _ value: CInt) throws(Errno) {
        let fd = rawValue
        try retrying { withUnsafePointer(to: value) { setsockopt(fd, level, option, $0, 4) } }
    }
}

extension Address {
    /// What `attempt` makes of the first address with which it succeeds, or the last failure.
    fileprivate func first(
        _ attempt: (SocketAddress) throws(Errno) -> FileDescriptor
    ) throws -> FileDescriptor {
        let addresses = try resolved()
        for address in addresses.dropLast() {
            if let socket = try? attempt(address) { return socket }
        }
        guard let last = addresses.last else { throw Unknown(address: description, reason: "it has no addresses") }
        return try attempt(last)
    }
}

extension Stream {
    /// Connects to an address.
    ///
    /// A Unix socket answers at once, or refuses.
    public convenience init(connectingTo address: Address, _ reactor: Reactor) throws {
        try self.init(address.first(FileDescriptor.connected(to:)), reactor)
    }
}
