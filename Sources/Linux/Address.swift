import CLinux
import Glibc

/// Where a socket listens or connects to.
public enum Address: Hashable, Sendable, CustomStringConvertible {
    case unix(path: String)
    case tcp(host: String, port: UInt16)

    public var description: String {
        switch self {
        case .unix(let path): path
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    public var port: UInt16? {
        guard case .tcp(_, let port) = self else { return nil }
        return port
    }

    /// Longer paths do not fit into the kernel's `sockaddr_un`.
    public static let longestUnixPath = MemoryLayout<sockaddr_un>.size - MemoryLayout<sa_family_t>.size - 1

    public struct Unknown: Error, CustomStringConvertible {
        public let address: String
        public let reason: String
        public var description: String { "\(address) is no address: \(reason)" }
    }

    /// The socket addresses this stands for: several where a name has several.
    func resolved() throws -> [SocketAddress] {
        switch self {
        case .unix(let path):
            guard path.utf8.count <= Self.longestUnixPath else {
                throw Unknown(address: path, reason: "a socket's path has at most \(Self.longestUnixPath) bytes")
            }
            return [SocketAddress(unixPath: path)]
        case .tcp(let host, let port):
            return try Self.networkAddresses(host, port)
        }
    }

    /// `flags` are those of getaddrinfo.
    static func networkAddresses(_ host: String, _ port: UInt16, flags: CInt = AI_PASSIVE) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | flags
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw Unknown(address: host, reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let info = entry?.pointee {
            let bytes = UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen))
            addresses.append(SocketAddress(family: info.ai_family, bytes: Array(bytes)))
            entry = info.ai_next
        }
        return addresses
    }
}

/// A `sockaddr` of any family, as the bytes the kernel wants.
struct SocketAddress: Sendable {
    let family: CInt
    let bytes: [UInt8]

    init(family: CInt, bytes: [UInt8]) {
        self.family = family
        self.bytes = bytes
    }

    init(unixPath path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        self.init(family: AF_UNIX, bytes: withUnsafeBytes(of: &address) { Array($0) })
    }

    init(_ number: in_addr_t, port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = number.bigEndian
        address.sin_port = port.bigEndian
        self.init(family: AF_INET, bytes: withUnsafeBytes(of: &address) { Array($0) })
    }

    func call(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) throws(Errno) {
        try retrying {
            bytes.withUnsafeBytes { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) { buffer -> CInt in
                    guard let pointer = buffer.baseAddress else { return -1 }
                    return body(pointer, socklen_t(bytes.count))
                }
            }
        }
    }
}

extension Address {
    /// Reads `HOST`, `HOST:PORT` or `[IPv6]:PORT`.
    public init?(authority: Substring, defaultPort: UInt16) {
        let isBracketed = authority.hasPrefix("[")
        guard let end = isBracketed ? authority.firstIndex(of: "]") : authority.lastIndex(of: ":") ?? authority.endIndex
        else { return nil }
        let host = isBracketed ? authority[..<end].dropFirst() : authority[..<end]
        let rest = isBracketed ? authority[end...].dropFirst() : authority[end...]
        guard !host.isEmpty, isBracketed || !host.contains(":") else { return nil }
        if rest.isEmpty {
            self = .tcp(host: String(host), port: defaultPort)
        } else {
            guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()), port > 0 else { return nil }
            self = .tcp(host: String(host), port: port)
        }
    }
}
