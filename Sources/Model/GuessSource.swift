/// Where guesses come from: an IPv4 address, or the network of an IPv6 address, of which one machine has all addresses.
public struct GuessSource: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(address: String) {
        guard address.contains(":") else {
            description = address
            return
        }
        let halves = address.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let gap = halves.firstIndex(of: "") ?? halves.count
        description = (halves[..<gap] + Array(repeating: "0", count: 4)).prefix(4).joined(separator: ":") + "::/64"
    }
}
