import Model
import Wire

/// The addresses of a range: whose each is, and for whom it is held until he asks for it.
///
/// A machine is known by its MAC address alone: firmware, iPXE, installer and system of one machine name themselves
/// differently, and would get an address each.
struct LeaseBook: Sendable {
    let range: ClosedRange<UInt32>
    private var places: [Place]
    private var owners: [MACAddress: UInt32] = [:]
    private var offers: [MACAddress: UInt32] = [:]
    /// How many places never had an owner, and where the next of them is looked for.
    private var ownerless: Int
    private var cursor: UInt32

    private struct Place: Sendable {
        var owner: MACAddress?
        /// When the owner's lease ends, or the quarantine of an address that somebody uses unasked.
        var until = Timestamp(milliseconds: 0)
        var isQuarantined = false
        var offer: (mac: MACAddress, until: Timestamp)?

        /// Whether nobody but this machine has a right to the address now.
        func isFree(for mac: MACAddress, at now: Timestamp) -> Bool {
            if let offer, offer.mac != mac, offer.until > now { return false }
            return owner == mac || until <= now
        }
    }

    /// The book as it was left: leases outside the range are passed over, and nobody is given a reserved address.
    init(_ range: ClosedRange<UInt32>, _ leases: [Lease] = [], reserved: Set<UInt32> = []) {
        self.range = range
        places = Array(repeating: Place(), count: range.count)
        ownerless = range.count
        cursor = range.lowerBound
        for lease in leases {
            guard let address = IPv4Address(lease.address) else { continue }
            if let mac = lease.mac {
                grant(address, to: mac, until: lease.until)
            } else {
                quarantine(address, until: lease.until)
            }
        }
        for address in reserved {
            quarantine(IPv4Address(rawValue: address), until: Timestamp(milliseconds: .max))
        }
    }

    // MARK: Questions

    /// The lease of a machine, also one whose time is over.
    func lease(of mac: MACAddress) -> (address: IPv4Address, until: Timestamp)? {
        owners[mac].map { (IPv4Address(rawValue: $0), self[$0].until) }
    }

    /// The machine that had an address last.
    func owner(of address: IPv4Address) -> MACAddress? {
        range.contains(address.rawValue) ? self[address.rawValue].owner : nil
    }

    /// The address that is held for a machine.
    func offer(to mac: MACAddress, at now: Timestamp) -> IPv4Address? {
        guard let address = offers[mac], let offer = self[address].offer, offer.mac == mac, offer.until > now else {
            return nil
        }
        return IPv4Address(rawValue: address)
    }

    func isFree(_ address: IPv4Address, for mac: MACAddress, at now: Timestamp) -> Bool {
        range.contains(address.rawValue) && self[address.rawValue].isFree(for: mac, at: now)
    }

    /// The address for a machine that asks: what it is held or has had, what it wishes, one that nobody had, or the one
    /// whose lease ended first; those of hosts come last.
    func candidate(
        for mac: MACAddress, wish: IPv4Address?, hosts: Set<MACAddress>, at now: Timestamp
    ) -> IPv4Address? {
        let known = [offer(to: mac, at: now), lease(of: mac)?.address, wish].compactMap(\.self)
        if let address = known.first(where: { isFree($0, for: mac, at: now) }) { return address }
        return (neverGiven(for: mac, at: now) ?? oldest(for: mac, hosts, at: now)).map { IPv4Address(rawValue: $0) }
    }

    func count(at now: Timestamp) -> Int { places.count { $0.owner != nil && $0.until > now } }

    private func neverGiven(for mac: MACAddress, at now: Timestamp) -> UInt32? {
        guard ownerless > 0 else { return nil }
        let isNew = { (address: UInt32) in self[address].owner == nil && self[address].isFree(for: mac, at: now) }
        return (cursor...range.upperBound).first(where: isNew) ?? (range.lowerBound...cursor).first(where: isNew)
    }

    private func oldest(for mac: MACAddress, _ hosts: Set<MACAddress>, at now: Timestamp) -> UInt32? {
        let free = range.lazy.filter { self[$0].owner != nil && self[$0].isFree(for: mac, at: now) }
        return free.min {
            let (isFirstHost, isSecondHost) = (isHost($0, hosts), isHost($1, hosts))
            return isFirstHost == isSecondHost ? self[$0].until < self[$1].until : isSecondHost
        }
    }

    private func isHost(_ address: UInt32, _ hosts: Set<MACAddress>) -> Bool {
        self[address].owner.map(hosts.contains) ?? false
    }

    // MARK: Changes

    /// Holds an address for a machine.
    mutating func hold(_ address: IPv4Address, for mac: MACAddress, until: Timestamp) {
        dropOffer(to: mac)
        if let other = self[address.rawValue].offer { offers[other.mac] = nil }
        self[address.rawValue].offer = (mac, until)
        offers[mac] = address.rawValue
        if address.rawValue == cursor { cursor = cursor < range.upperBound ? cursor + 1 : range.lowerBound }
    }

    mutating func dropOffer(to mac: MACAddress) {
        guard let address = offers.removeValue(forKey: mac) else { return }
        if self[address].offer?.mac == mac { self[address].offer = nil }
    }

    /// Writes a lease down: what the machine had before, and who had this address, are forgotten.
    mutating func grant(_ address: IPv4Address, to mac: MACAddress, until: Timestamp) {
        guard range.contains(address.rawValue) else { return }
        dropOffer(to: mac)
        if owners[mac] != address.rawValue { disown(owners[mac]) }
        if self[address.rawValue].owner != mac { disown(address.rawValue) }
        if self[address.rawValue].owner == nil { ownerless -= 1 }
        owners[mac] = address.rawValue
        self[address.rawValue].owner = mac
        self[address.rawValue].until = until
        self[address.rawValue].isQuarantined = false
    }

    /// Leaves an address alone for a while, whosoever it was.
    mutating func quarantine(_ address: IPv4Address, until: Timestamp) {
        guard range.contains(address.rawValue) else { return }
        disown(address.rawValue)
        self[address.rawValue].until = until
        self[address.rawValue].isQuarantined = true
    }

    private mutating func disown(_ address: UInt32?) {
        guard let address, let owner = self[address].owner else { return }
        owners[owner] = nil
        self[address].owner = nil
        self[address].until = Timestamp(milliseconds: 0)
        ownerless += 1
    }

    private subscript(_ address: UInt32) -> Place {
        get { places[Int(address - range.lowerBound)] }
        set { places[Int(address - range.lowerBound)] = newValue }
    }
}
