import Control
import Model
import Store

/// Whether the address of a host is its own: two machines with one address disturb each other in ways that look like
/// anything else.
struct AddressConflicts: Sendable {
    let store: Store
    let probe: AddressProbe

    /// What speaks against the fixed address of a host, before anything is armed.
    func problems(of host: Host, _ type: ServerType) async throws -> [RebuildPlan.Obstacle] {
        guard case .fixed = type.network, !host.isRehearsed, let address = host.address?.split(separator: "/").first,
            let number = DottedQuad.number(address)
        else { return [] }
        let text = DottedQuad.text(number)
        var sentences = try await store.otherHosts(at: text, than: host).map {
            "\(text) is the address of the host \($0): give \(host.hostname) another one."
        }
        if let lease = try await store.lease(of: text), lease.until > .now(),
            !(lease.mac.map(host.macs.contains) ?? false)
        {
            let user = lease.mac.map { "was given to \($0)" } ?? "is in use by a machine that was not given it"
            sentences.append(
                "\(text) \(user), as Sprout's own DHCP knows until \(lease.until): give \(host.hostname) an address outside"
                    + " of pxe.range, or another one.")
        }
        switch try await probe.user(of: number, besides: Set(host.macs)) {
        case .thisBox: sentences.append("\(text) is the address of this box: give \(host.hostname) another one.")
        case .machine(let mac):
            sentences.append(
                "\(text) is used by \(try await name(of: mac)) now: give \(host.hostname) another address, or find out which"
                    + " machine that is.")
        case nil: break
        }
        return sentences.map { RebuildPlan.Obstacle(field: "address", sentence: "address: \($0)") }
    }

    /// Why a new system must not go on: somebody else has one of its addresses too.
    ///
    /// Nil if nobody was found. A machine that does not exist has addresses that may well be somebody's.
    func clash(of host: Host, at addresses: [String], ports: [MACAddress]) async throws -> String? {
        for address in addresses where !host.isRehearsed {
            guard let text = address.split(separator: "/").first, let number = DottedQuad.number(text) else { continue }
            switch try await probe.thorough.user(of: number, besides: Set(host.macs + ports)) {
            case .thisBox: return "\(text) is also the address of this box. Give the host another one, then rebuild it."
            case .machine(let mac):
                return "\(text) is also used by \(try await name(of: mac)). Take it off that machine, or give"
                    + " \(host.hostname) another one, then rebuild it."
            case nil: continue
            }
        }
        return nil
    }

    private func name(of mac: MACAddress) async throws -> String {
        try await store.host(withMAC: mac).map { "\(mac), which is \($0.hostname)," } ?? "\(mac)"
    }
}
