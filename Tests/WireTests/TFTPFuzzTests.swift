import Seeded
import Testing

@testable import Wire

/// Whatever the bytes are, the parser returns or throws; it never traps.
@Suite struct TFTPFuzzTests {
    static let fixtures =
        TFTPPacketTests.requests.map(\.0) + TFTPPacketTests.serialized.map(\.1)
        + TFTPPacketTests.malformed.map(\.0) + [packet(2, "a.octet.tsize.1000.")]

    /// What was read is written so that it is read as the same again.
    static func parse(_ bytes: [UInt8]) throws {
        guard let packet = try? TFTPPacket(parsing: bytes.span) else { return }
        if case .optionAcknowledgement(let options) = packet, options.isEmpty { return }
        if case .readRequest(let request) = packet, request.mode == .unknown { return }
        if case .writeRequest(let request) = packet, request.mode == .unknown { return }
        #expect(try TFTPPacket(parsing: packet.serialized().span) == packet)
    }

    @Test func `every truncation of every fixture is survived`() throws {
        for fixture in Self.fixtures {
            for count in 0...fixture.count { try Self.parse(Array(fixture.prefix(count))) }
        }
    }

    @Test func `mutations are survived`() throws {
        var random = Seeded(state: 2026)
        for _ in 0..<mutations {
            var bytes = Self.fixtures.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&bytes, &random) }
            try Self.parse(bytes)
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout Seeded) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let interesting: [UInt8] = [0, 1, 3, 4, 5, 6, 46, 47, 48, 57, 92, 127, 128, 255]
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: place)
        case 2 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 5))
        default: bytes.insert(contentsOf: bytes.prefix(place).suffix(20), at: place)
        }
    }
}
