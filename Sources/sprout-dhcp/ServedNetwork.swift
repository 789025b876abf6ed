import Linux
import Store
import Wire

/// The network in which addresses are given out, and what machines are told of it.
struct ServedNetwork: Equatable, Sendable {
    let settings: Settings
    let interface: Interface

    /// What provisioning.yaml says of our own DHCP, as the orchestrator put it in force.
    struct Settings: Equatable, Sendable {
        let interface: String
        let range: ClosedRange<UInt32>
        let router: IPv4Address?
        let dns: IPv4Address?
        /// For hosts, in seconds.
        let leaseTime: UInt32
    }

    /// Machines that are no hosts come and go.
    static let strangersLeaseTime: UInt32 = 600

    init(_ settings: Settings, on interface: Interface) {
        self.settings = settings
        self.interface = interface
    }

    func leaseTime(ofHost isHost: Bool) -> UInt32 {
        isHost ? settings.leaseTime : min(settings.leaseTime, Self.strangersLeaseTime)
    }

    func contains(_ address: IPv4Address) -> Bool {
        address.rawValue & interface.mask == interface.address & interface.mask
    }

    /// Addresses that others have: our own, the router's, the name server's.
    var reserved: Set<UInt32> {
        Set([interface.address, settings.router?.rawValue, settings.dns?.rawValue].compactMap(\.self))
    }

    var mask: IPv4Address { IPv4Address(rawValue: interface.mask) }

    var broadcastAddress: IPv4Address { IPv4Address(rawValue: interface.address | ~interface.mask) }

    /// Why no address can be given out, as a sentence, or nil.
    var problem: String? {
        let range = [settings.range.lowerBound, settings.range.upperBound].map { IPv4Address(rawValue: $0) }
        guard !range.allSatisfy(contains) else { return nil }
        return "pxe.range, \(range[0])-\(range[1]), does not lie in the network of \(settings.interface), whose address"
            + " is \(IPv4Address(rawValue: interface.address)) with the mask \(mask): correct one of them"
    }
}

extension ServedNetwork.Settings {
    /// Nil where the router gives out addresses.
    init?(_ store: Store) async throws {
        guard try await store.setting("pxe.mode") == "server", let interface = try await store.setting("pxe.interface"),
            let ends = try await store.setting("pxe.range")?.split(separator: "-").compactMap({ IPv4Address($0) }),
            ends.count == 2, ends[0].rawValue <= ends[1].rawValue
        else { return nil }
        self.interface = interface
        range = ends[0].rawValue...ends[1].rawValue
        router = try await store.setting("pxe.router").flatMap { IPv4Address($0) }
        dns = try await store.setting("pxe.dns").flatMap { IPv4Address($0) }
        let seconds = try await store.setting("pxe.lease_time")?.split(separator: " ").first
        leaseTime = seconds.flatMap { UInt32($0) } ?? ServedNetwork.strangersLeaseTime
    }
}
