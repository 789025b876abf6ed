/// Why a host that was armed has not been heard of.
public struct WaitingRules: Sendable {
    /// A machine that is no host, as it was seen lately.
    public struct Stranger: Equatable, Sendable {
        public let mac: MACAddress
        public let uuid: String?
        public let lastSeen: Timestamp

        public init(mac: MACAddress, uuid: String?, lastSeen: Timestamp) {
            (self.mac, self.uuid, self.lastSeen) = (mac, uuid, lastSeen)
        }
    }

    private let host: AwaitedHost
    private let now: Timestamp
    private let isNetbootOn: Bool

    public init(for host: AwaitedHost, at now: Timestamp, isNetbootOn: Bool = true) {
        (self.host, self.now, self.isNetbootOn) = (host, now, isNetbootOn)
    }

    /// `sightings` are the host's own; `uuids` what its interfaces said the machine is.
    public func verdict(on sightings: [Sighting], strangers: [Stranger], uuids: Set<String>) -> Verdict? {
        let recent = sightings.filter { $0.at >= host.since }
        guard !recent.contains(where: { $0.kind != .askedForAddressOnly }) else { return nil }
        let lately = strangers.filter { $0.lastSeen.milliseconds >= host.since.milliseconds - 120_000 }
        if let verdict = nearMiss(lately, uuids) { return verdict }
        if !recent.isEmpty {
            return Verdict(
                .startedFromDisk, "\(host.hostname) started from its own disk instead of the network.",
                remedy: "In its setup, put network boot (PXE, or UEFI HTTP) before the disk, or choose it once in the"
                    + " boot menu: F12, F11, F8 or Esc while it starts.")
        }
        guard now - host.since >= .seconds(90) else { return nil }
        let minutes = (now - host.since).components.seconds / 60
        let others =
            lately.isEmpty
            ? "" : " Others asked meanwhile: \(lately.prefix(3).map { "\($0.mac)" }.joined(separator: ", "))."
        return Verdict(
            .nothingHeard,
            "Nothing was heard of \(host.hostname) (\(host.mac)) for \(minutes == 1 ? "a minute" : "\(minutes) minutes").",
            remedy: (isNetbootOn
                ? "" : "Network boot is off, so no machine is answered or seen: sprout config set pxe.enabled true. ")
                + "Is it switched on, with network boot first in its boot order? Is its cable in this box's network"
                + " (port, VLAN)? Is its MAC address right?\(others)")
    }

    private func nearMiss(_ strangers: [Stranger], _ uuids: Set<String>) -> Verdict? {
        let sameMachine = strangers.first { $0.uuid.map(uuids.contains) ?? false }
        guard let stranger = sameMachine ?? strangers.first(where: { host.mac.isNear($0.mac) }) else { return nil }
        let other = sameMachine == nil ? "" : ", which says it is the same machine"
        return Verdict(
            .nearMiss, "\(stranger.mac) is netbooting\(other): did you mean \(host.hostname) (\(host.mac))?",
            remedy:
                "If so, let \(host.hostname) boot from it: sprout hosts set \(host.hostname) --mac \(stranger.mac).",
            candidate: stranger.mac)
    }
}

extension MACAddress {
    /// Whether one may be the other with one or two digits mistyped, or be the next port of the same card.
    public func isNear(_ other: MACAddress) -> Bool {
        guard self != other else { return false }
        let digits = (0..<12).filter { (bits >> ($0 * 4)) & 15 != (other.bits >> ($0 * 4)) & 15 }
        let distance = bits > other.bits ? bits - other.bits : other.bits - bits
        return digits.count <= 2 || distance <= 3
    }
}
