internal import Model

/// A new node that is to join, and all that its chance depends on.
public struct Newcomer: Equatable, Sendable {
    public var name: String
    /// Where it is reached, and what the first link takes unless another of its addresses is in that link's network.
    public var address: String
    public var facts: NodeFacts
    /// How far its clock is ahead of the member's.
    public var lead: Duration?
    /// Whether a dead member of its name may be taken out of the cluster.
    public var removesNamesake: Bool

    public init(name: String, address: String, facts: NodeFacts, lead: Duration?, removesNamesake: Bool) {
        (self.name, self.address, self.facts) = (name, address, facts)
        (self.lead, self.removesNamesake) = (lead, removesNamesake)
    }
}

extension ClusterState {
    /// The address of a new node on each of the cluster's links; nil where it has none there.
    public func links(for newcomer: Newcomer) -> [(number: Int, address: String?)] {
        let own = newcomer.facts.addresses.compactMap { try? HostAddress($0) }
        return (links.isEmpty ? [0] : links).map { number in
            let others = nodes.compactMap { $0.links[number] }.compactMap { DottedQuad.number($0[...]) }
            let neighbours = own.filter { address in others.contains { address.isNeighbour(of: $0) } }
            let isReached = neighbours.contains { $0.address == newcomer.address }
            let fallback = number == (links.first ?? 0) ? newcomer.address : nil
            return (number, isReached ? newcomer.address : neighbours.first?.address ?? fallback)
        }
    }
}
