/// What `pvecm add` said: it exits with 0 also when the join failed, so only its words count.
public struct JoinTranscript: Equatable, Sendable {
    private var lines: [String] = []

    public init() {}

    public mutating func add(_ line: String) {
        lines.append(line)
        if lines.count > 200 { lines.removeFirst() }
    }

    public var hasSucceeded: Bool { lines.contains { $0.hasPrefix("successfully added node '") } }

    public var lastLine: String? { lines.last { !$0.allSatisfy(\.isWhitespace) } }

    /// Why it failed, as far as it says so, and what to do.
    public var failure: String? {
        for (words, remedy) in Self.remedies {
            guard let line = lines.last(where: { $0.contains(words) }) else { continue }
            return "“\(line.drop { $0 == " " || $0 == "*" })” \(remedy)"
        }
        return nil
    }

    private static let remedies: [(words: String, remedy: String)] = [
        (
            "authentication failure",
            "The cluster refuses root's password: store the right one (sprout secrets set \(ClusterSecret.password)), and"
                + " rebuild."
        ),
        (
            "TFA-enabled login",
            "Root has a second factor there: set proxmox.join_with to ssh in provisioning.yaml, and rebuild."
        ),
        ("not verified, abort", "The member's certificate changed meanwhile: sprout cluster check, then rebuild."),
        ("unable to copy ssh ID", "The member does not let the new node log in: sprout cluster check"),
        ("can't add existing node", "A member of this name is left in the cluster: rebuild, and let it be taken out."),
        ("no quorum", "Start the members that are off, then rebuild."),
        ("already used on link", "Give the host another address, and rebuild."),
        ("exists in cluster config but wasn't specified", "Give the host an address on that link, and rebuild."),
        ("doesn't exist in cluster config", "The cluster's links changed meanwhile: rebuild."),
        ("already exists", "The system was part of a cluster before: rebuild it."),
        ("already contains virtual guests", "Remove its guests, or rebuild it."),
        ("corosync is already running", "The system is in a cluster already: rebuild it."),
        ("not found on local node", "The address that was told is not the system's: look at its network."),
        ("incompatible join API version", "Update the cluster, or install an older image."),
        ("can't lock file", "Another join or change was at work there: rebuild when it is over."),
        ("address lookup for", "The system's own name leads to 127.0.0.1: look at its /etc/hosts."),
        ("to a non-loopback IP address", "The system's own name leads to 127.0.0.1: look at its /etc/hosts."),
        ("An error occurred on the cluster node:", "Look into the log of the member, then rebuild."),
        ("Cluster join aborted!", "Look into the log of the member, then rebuild."),
        ("Check if node may join a cluster failed!", "Look at the system, then rebuild."),
    ]
}
