import Control
import Linux
import Model
import Wire

extension Progress {
    /// What is kept of it for "why did it not boot"; the machine is known by its address only.
    ///
    /// To ask for the size is a part of every download of EDK2's, and no step of its own.
    func sighting(at moment: Timestamp) -> Sighting? {
        switch self {
        case .began(let download): download.sighting(.tftpBegan, moment)
        case .probed: nil
        case .finished(let download, _): download.sighting(.tftpFinished, moment)
        case .failed(let download, let reason): download.sighting(.tftpFailed, moment) { $0.reason = reason }
        case .refused(let client, let name, let reason):
            Sighting(.tftpRefused, of: nil, at: moment, by: "sprout-boot") { details in
                details.address = client.address.ipv4Text
                details.file = Sighting.Details.short(name)
                details.reason = reason
            }
        }
    }
}

extension Download {
    fileprivate func sighting(
        _ kind: Sighting.Kind, _ moment: Timestamp, _ fill: (inout Sighting.Details) -> Void = { _ in }
    ) -> Sighting {
        Sighting(kind, of: nil, at: moment, by: "sprout-boot") { details in
            details.address = client.address.ipv4Text
            details.file = name
            details.size = size
            details.blockSize = blockSize
            details.acknowledgedBytes = acknowledgedBytes
            details.block = acknowledgedBlock
            details.roundTripMilliseconds = roundTrip.map { $0 / .milliseconds(1) }
            details.retransmissions = retransmissions
            details.milliseconds = Int(duration / .milliseconds(1))
            fill(&details)
        }
    }
}

extension UInt32 {
    fileprivate var ipv4Text: String { "\(IPv4Address(rawValue: self))" }
}

extension Sighting {
    /// What a machine asked for over HTTP.
    static func http(
        _ kind: Kind, of mac: MACAddress? = nil, address: String?, _ fill: (inout Details) -> Void = { _ in }
    ) -> Sighting {
        Sighting(kind, of: mac, at: .now(), by: "sprout-boot") { details in
            details.address = address
            fill(&details)
        }
    }
}
