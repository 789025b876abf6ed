internal import YAML

/// The section pxe: who is answered, and in the mode server what is given out.
extension Provisioning.PXE {
    static let keys = ["enabled", "interface", "subnet", "answer", "mode", "range", "router", "dns", "lease_time"]

    init(_ section: Section) {
        isEnabled = section.value("enabled", .flag) ?? isEnabled
        interface = section.value("interface", .interface)
        subnet = section.value("subnet", .network)
        answer = section.value("answer", .choice) ?? answer
        mode = section.value("mode", .choice) ?? mode
        range = section.value("range", .range)
        router = section.value("router", .ipv4)
        dns = section.value("dns", .ipv4)
        leaseTime = section.value("lease_time", .leaseTime) ?? leaseTime
        if isEnabled {
            section.need("interface", .interface, because: "enabled", "is needed when pxe.enabled is true")
        }
        if mode == .server {
            section.need("range", .range, because: "mode", "is needed when pxe.mode is server")
        }
        checkPlaces(section)
    }

    /// The router and the range lie in the network, and nobody is given the router's or the name server's address.
    private func checkPlaces(_ section: Section) {
        if let subnet, let range, !subnet.contains(range) {
            section.refuse("range", "\(range)", "which does not lie in pxe.subnet, \(subnet)")
        }
        if let subnet, let router, !subnet.contains(router) {
            section.refuse("router", router, "which does not lie in pxe.subnet, \(subnet)")
        }
        for (key, address) in [("router", router), ("dns", dns)] {
            guard let address, let range, range.contains(address) else { continue }
            section.refuse(key, address, "which lies in pxe.range, and would be given to a machine")
        }
    }
}

extension Section {
    fileprivate func refuse(_ key: String, _ found: String, _ message: String) {
        mistakes.note(child(key), at: place(key), found: found, Refusal(message: message))
    }
}
