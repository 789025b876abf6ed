/// What an iPXE tells about itself in option 175: a list of features, which differ from build to build.
public struct IPXE: Equatable, Sendable {
    /// The contents of the list by their tags; empty if it told nothing that can be read.
    public let features: DHCPOptions

    init() {
        features = DHCPOptions()
    }

    init(parsing bytes: Span<UInt8>) {
        features = (try? DHCPOptions(parsing: bytes, isEncapsulated: true)) ?? DHCPOptions()
    }

    /// False only for one that lists what it can load from, and lists no HTTP.
    public var canLoadOverHTTP: Bool {
        let listed = features.all.map(\.code.rawValue).filter(Self.abilities.contains)
        return listed.isEmpty || listed.contains(Self.http)
    }

    private static let abilities: ClosedRange<UInt8> = 0x10...0x2F
    private static let http: UInt8 = 0x13
}
