/// What wakes a machine whose network card listens while the machine is off: bytes that nothing else begins with, and
/// the card's address sixteen times.
public struct MagicPacket: Equatable, Sendable {
    /// Where it is sent to: nobody reads it there, but it must be allowed through.
    public static let port: UInt16 = 9

    private let address: [UInt8]

    public init(waking address: [UInt8]) {
        precondition(address.count == 6, "only Ethernet wakes machines")
        self.address = address
    }

    public func serialized() -> [UInt8] {
        Array(repeating: 0xFF, count: 6) + (0..<16).flatMap { _ in address }
    }
}
