import CLinux
import Glibc

/// Whether an address is one of this machine's own.
///
/// The kernel is asked which address it would speak from: to its own interfaces it speaks from the very same one. No datagram
/// is sent. Of 127.0.0.0/8 that is true of the first alone.
public enum OwnAddress {
    /// `address` is a `sockaddr` of IPv4 or IPv6, as bytes.
    public static func isOwn(_ address: [UInt8], family: CInt) -> Bool {
        let address = SocketAddress(family: family, bytes: address)
        guard let ip = address.ip, let socket = try? FileDescriptor.socket(family, CInt(SOCK_DGRAM.rawValue)),
            (try? address.call { Glibc.connect(socket.rawValue, $0, $1) }) != nil
        else { return false }
        return socket.localAddress(family)?.ip == ip
    }
}

extension SocketAddress {
    /// The address alone, without port and interface.
    fileprivate var ip: ArraySlice<UInt8>? {
        let range = family == AF_INET ? 4..<8 : 8..<24
        return bytes.count >= range.upperBound ? bytes[range] : nil
    }
}

extension FileDescriptor {
    fileprivate borrowing func localAddress(_ family: CInt) -> SocketAddress? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let fd = rawValue
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
        }
        guard code == 0 else { return nil }
        return withUnsafeBytes(of: &address) { SocketAddress(family: family, bytes: Array($0.prefix(Int(length)))) }
    }
}
