import CCurl
import Glibc
internal import Linux

/// Which machines may be fetched from, whatever name or redirect leads to them.
public enum Reach: Sendable {
    case everywhere
    /// Neither this machine itself nor what only its own links reach, but for these addresses of theirs.
    ///
    /// No proxy is asked, since it would look up names by itself.
    case otherMachines(besides: Set<String>)

    /// What an address is that nobody else may be made to ask, as the end of a sentence; `own` tells this machine's own.
    static func objection(to address: IPAddress, isOwn: Bool) -> String? {
        if isOwn || address.isThisHost { return "which is this machine itself" }
        if address.isLinkLocal { return "which its own link alone reaches" }
        return address.isForMany ? "which is nobody's own" : nil
    }
}

/// An address as its bytes, 4 or 16 of them.
struct IPAddress: Equatable, CustomStringConvertible {
    let bytes: [UInt8]

    /// What lies in a `sockaddr`; nil for a family without such addresses.
    init?(socketAddress bytes: [UInt8], family: CInt) {
        let range = family == AF_INET ? 4..<8 : 8..<24
        guard family == AF_INET || family == AF_INET6, bytes.count >= range.upperBound else { return nil }
        self.init(bytes: Array(bytes[range]))
    }

    /// An IPv4 address that is written as one of IPv6 (mapped, or for a translator) is taken for what it is.
    init(bytes: [UInt8]) {
        let isIPv4InIPv6 =
            bytes.count == 16 && (bytes.starts(with: Self.mapped) || bytes.starts(with: Self.translated))
        self.bytes = isIPv4InIPv6 ? Array(bytes[12...]) : bytes
    }

    init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes.prefix(4)))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "an unknown address" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// 0.0.0.0/8 and 127.0.0.0/8 (RFC 1122, 3.2.1.3); `::`, `::1`, and what once stood for IPv4.
    var isThisHost: Bool {
        bytes.count == 4 ? [0, 127].contains(bytes[0]) : bytes.prefix(12).allSatisfy { $0 == 0 }
    }

    /// 169.254.0.0/16 (RFC 3927), and fe80::/10.
    var isLinkLocal: Bool {
        bytes.count == 4 ? bytes.starts(with: [169, 254]) : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }

    /// Multicast, broadcast, and what is reserved.
    var isForMany: Bool { bytes.count == 4 ? bytes[0] >= 224 : bytes[0] == 0xFF }

    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    /// The prefix of RFC 6052.
    private static let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// Looks at each address before libcurl connects to it: names and redirects are resolved by then.
final class Border {
    private let besides: [IPAddress]
    /// The first address that was refused, and why.
    private(set) var refused: String?

    /// Nil where everything may be reached.
    init?(_ handle: borrowing Handle, _ reach: Reach) {
        guard case .otherMachines(let besides) = reach else { return nil }
        self.besides = besides.compactMap { IPAddress($0) }
        handle.set(CURLOPT_PROXY, "")
        curl_set_opener(handle.easy, Self.opener, Unmanaged.passUnretained(self).toOpaque())
    }

    private func mayReach(_ bytes: [UInt8], _ family: CInt) -> Bool {
        guard let address = IPAddress(socketAddress: bytes, family: family) else { return false }
        guard !besides.contains(address),
            let objection = Reach.objection(to: address, isOwn: OwnAddress.isOwn(bytes, family: family))
        else { return true }
        refused = refused ?? "it leads to \(address), \(objection)"
        return false
    }

    private static let opener: curl_opensocket_callback = { context, _, address in
        guard let context, let address, let place = curl_address(address) else { return CURL_SOCKET_BAD }
        let border = Unmanaged<Border>.fromOpaque(context).takeUnretainedValue()
        let bytes = UnsafeRawBufferPointer(start: place, count: Int(address.pointee.addrlen))
        guard border.mayReach(Array(bytes), address.pointee.family) else { return CURL_SOCKET_BAD }
        let type = address.pointee.socktype | CInt(SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, type, address.pointee.protocol)
    }
}
