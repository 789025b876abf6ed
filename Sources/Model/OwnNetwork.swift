/// A network that the box is in: the port, and the address by which it is reached there.
public struct OwnNetwork: Equatable, Sendable, Codable {
    public let interface: String
    public let address: String
    /// Such as 192.168.1.0/24.
    public let network: String

    /// Address and mask are the numbers that they are on the wire.
    public init(interface: String, address: UInt32, mask: UInt32) {
        self.interface = interface
        self.address = DottedQuad.text(address)
        network = "\(DottedQuad.text(address & mask))/\(mask.nonzeroBitCount)"
    }

    /// What nobody else reaches it by: this machine itself, and an address that it made up for want of another.
    public static func isOfNoNetwork(_ address: UInt32) -> Bool { address >> 24 == 127 || address >> 16 == 0xA9FE }

    /// Whether an address lies in this network.
    public func contains(_ other: String) -> Bool {
        let parts = network.split(separator: "/")
        guard parts.count == 2, let number = DottedQuad.number(other[...]), let length = Int(parts[1]),
            let own = DottedQuad.number(parts[0])
        else { return false }
        return (number ^ own) >> UInt32(32 - length) == 0
    }
}

/// What became of the networks that the box was in.
///
/// A port that has lost its address has moved nowhere: the cable may come back. One that has another address has, and so
/// has a box none of whose ports is left.
public struct NetworkMove: Equatable, Sendable {
    public let from: [OwnNetwork]
    public let to: [OwnNetwork]

    public init(from: [OwnNetwork], to: [OwnNetwork]) { (self.from, self.to) = (from, to) }

    /// Nil where the box is reached as before.
    public init?(of kept: [OwnNetwork], to now: [OwnNetwork]) {
        let isAtSamePorts = now.contains { one in kept.contains { $0.interface == one.interface } }
        let to = now.filter { one in
            !kept.contains { $0.address == one.address && $0.network == one.network }
                && (!isAtSamePorts || kept.contains { $0.interface == one.interface })
        }
        let from = kept.filter { one in !isAtSamePorts || to.contains { $0.interface == one.interface } }
        guard !from.isEmpty, !to.isEmpty else { return nil }
        self.init(from: from, to: to)
    }

    /// What is to be remembered: of a port that has no address, the one that it had.
    public static func remembered(of kept: [OwnNetwork], _ now: [OwnNetwork]) -> [OwnNetwork] {
        guard now.contains(where: { one in kept.contains { $0.interface == one.interface } }) else {
            return now.isEmpty ? kept : now
        }
        return kept.filter { one in !now.contains { $0.interface == one.interface } } + now
    }

    /// False where the box has only another address in the network that it was in.
    public var isToAnotherNetwork: Bool { Set(from.map(\.network)) != Set(to.map(\.network)) }

    public var sentence: String {
        func list(_ networks: [OwnNetwork], _ text: KeyPath<OwnNetwork, String>) -> String {
            networks.map { $0[keyPath: text] }.joined(separator: ", ")
        }
        guard isToAnotherNetwork else {
            return "Address changed \(list(from, \.address)) → \(list(to, \.address))."
        }
        return
            "Network changed \(list(from, \.network)) → \(list(to, \.network)): this box is \(list(to, \.address)) now."
    }

    /// Whether a URL leads to where the box was.
    public func leavesBehind(_ url: String) -> Bool {
        let host = url.split(separator: "/").dropFirst().first?.prefix { $0 != ":" }
        return from.contains { $0.address[...] == host }
    }
}

/// The box was moved to another network: what people are told until one of them has seen it.
public struct NetworkChange: Equatable, Sendable, Codable {
    public var from: [OwnNetwork]
    public var to: [OwnNetwork]
    public var at: Timestamp
    /// The operations whose machines get no installer before a person has said so.
    public var held: [String]

    public init(_ move: NetworkMove, at moment: Timestamp, held: [String]) {
        (from, to, at, self.held) = (move.from, move.to, moment, held)
    }

    public var move: NetworkMove { NetworkMove(from: from, to: to) }

    /// Why a host waits that was to be installed.
    public static let reason = "waits for a person, because the network of this box has changed"
}
