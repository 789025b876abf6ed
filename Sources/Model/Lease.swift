/// An address that was given to a machine for a while; afterwards it is kept for it for as long as there are others.
public struct Lease: Equatable, Sendable {
    /// An IPv4 address, in text.
    public let address: String
    /// Nil for an address that a machine declined, because somebody else uses it: nobody is given it until then.
    public let mac: MACAddress?
    public let until: Timestamp

    public init(address: String, mac: MACAddress?, until: Timestamp) {
        self.address = address
        self.mac = mac
        self.until = until
    }
}
