/// Which build of iPXE a host loads first.
public enum NetbootChoice: String, CaseIterable, Sendable, Codable {
    case automatic = "auto"
    /// Drives the card it was loaded through by the firmware's own driver; on a BIOS that is undionly.
    case snponly
    /// Has drivers of its own, for cards whose firmware does not drive them well.
    case ipxe

    /// The choice in a reader's words.
    public var sentence: String {
        switch self {
        case .automatic: "chosen by itself: the one that uses the firmware's own driver"
        case .snponly: "the one that uses the firmware's own driver (snponly, undionly)"
        case .ipxe: "the one with drivers of its own (ipxe)"
        }
    }
}
