import Glibc
import Testing

@testable import Linux

@Suite struct OwnAddressTests {
    static func bytes(_ text: String) throws -> (CInt, [UInt8]) {
        let address = try #require(try Address.networkAddresses(text, 80, flags: AI_NUMERICHOST).first)
        return (address.family, address.bytes)
    }

    @Test func `each address of this machine is its own, and those of documentation are not`() throws {
        for (text, isOwn) in [("127.0.0.1", true), ("203.0.113.77", false), ("2001:db8::1", false)] {
            let (family, bytes) = try Self.bytes(text)
            #expect(OwnAddress.isOwn(bytes, family: family) == isOwn, "\(text)")
        }
    }

    @Test func `addresses of its interfaces are its own`() throws {
        var list: UnsafeMutablePointer<ifaddrs>?
        try #require(getifaddrs(&list) == 0)
        defer { freeifaddrs(list) }
        var entry = list
        var count = 0
        while let interface = entry?.pointee {
            entry = interface.ifa_next
            // Each address begins with its family.
            guard let address = interface.ifa_addr,
                CInt(UnsafeRawPointer(address).load(as: UInt16.self)) == AF_INET
            else { continue }
            let bytes = UnsafeRawBufferPointer(start: address, count: MemoryLayout<sockaddr_in>.size)
            #expect(OwnAddress.isOwn(Array(bytes), family: AF_INET))
            count += 1
        }
        #expect(count > 0)
    }

    @Test func `what is no such address is nobody's`() {
        #expect(!OwnAddress.isOwn([], family: AF_INET))
        #expect(!OwnAddress.isOwn([1, 2, 3], family: AF_INET6))
    }
}
