public import SSH

/// What a newly installed system says of itself when it is asked before it joins.
public struct NodeFacts: Equatable, Sendable {
    /// The version of Proxmox VE, such as 9.2.4; nil while it does not say.
    public var version: String?
    /// Its services that are not up yet.
    public var missing: [String] = []
    /// The name of the cluster that it is in.
    public var cluster: String?
    public var hasGuests = false
    /// Its addresses, with the size of their networks.
    public var addresses: [String] = []
    /// The ports of the member that it does not reach, such as `tcp/8006`.
    public var closedPorts: [String] = []
    /// The mean time of a packet to the member and back, in milliseconds.
    public var roundTrip: Double?

    public init() {}

    /// Reads lines such as `version 9.2.4`.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { continue }
            let value = String(words[1])
            switch words[0] {
            case "version": version = value
            case "missing": missing.append(value)
            case "cluster": cluster = value
            case "guests": hasGuests = true
            case "address": addresses.append(value)
            case "closed": closedPorts.append(value)
            case "rtt": roundTrip = Double(value)
            default: break
            }
        }
    }

    public var release: String? {
        version.map { $0.split(separator: ".").prefix(2).joined(separator: ".") }
    }
}

/// A new node, over the login that its installation left.
extension Session {
    /// Asks what counts for a join; ports of the member are tried from there, since a firewall may stand in between.
    ///
    /// Without `corosync` only its API is tried.
    public mutating func facts(towards member: String, api: UInt16, corosync: UInt16?) async throws -> NodeFacts {
        let words = [member, String(api), corosync.map { "\($0)" } ?? ""]
        let outcome = try await run(Script(factsScript, words).line, limit: .seconds(60))
        return NodeFacts(outcome.text)
    }

    public mutating func clock() async throws -> RemoteClock? {
        let before = RemoteClock.now
        let outcome = try await run("date +%s.%N")
        return RemoteClock.time(outcome.text.trimmedLine).map {
            RemoteClock($0, between: before, and: RemoteClock.now)
        }
    }

    /// Has its clock set by the time servers that it knows, at once rather than by and by.
    public mutating func setClock() async throws {
        _ = try await run(
            "chronyc -a 'burst 2/4' >/dev/null 2>&1; sleep 4; chronyc -a makestep >/dev/null 2>&1; true",
            limit: .seconds(30))
    }

    /// Lets the operation's key log in also after a join, which replaces authorized_keys: sshd reads a second file.
    public mutating func keepLogin(of key: PublicKey) async throws {
        let script = Script(
            """
            set -eu
            umask 077
            mkdir -p "$HOME/.ssh"
            file=$HOME/.ssh/authorized_keys2
            grep -qsF -- "$1" "$file" || printf '%s\\n' "$1" >> "$file"
            """, [key.line])
        _ = try await run(script.line)
    }

    /// The key by which the node itself logs in elsewhere; it is made where there is none yet.
    public mutating func ownKey() async throws -> PublicKey? {
        let outcome = try await run(
            "[ -e ~/.ssh/id_rsa ] || ssh-keygen -q -t rsa -b 4096 -N '' -f ~/.ssh/id_rsa; cat ~/.ssh/id_rsa.pub",
            limit: .seconds(60))
        return PublicKey(outcome.text)
    }

    /// Lets the node recognise the member.
    public mutating func remember(_ member: String, _ keys: [PublicKey]) async throws {
        let lines = keys.map { "\(member) \($0.line)" }
        let script = Script(
            """
            set -eu
            umask 077
            mkdir -p "$HOME/.ssh"
            for line; do
                grep -qsF -- "$line" "$HOME/.ssh/known_hosts" || printf '%s\\n' "$line" >> "$HOME/.ssh/known_hosts"
            done
            """, lines)
        _ = try await run(script.line)
    }
}

// Corosync drops what is not from its cluster without a word, so of UDP only a refusal can be heard.
private let factsScript = """
    member=$1 port=$2 corosync=$3
    pveversion 2>/dev/null | sed -n 's|^pve-manager/\\([^/]*\\)/.*|version \\1|p'
    for unit in pve-cluster pveproxy; do
        systemctl --quiet is-active "$unit" || echo "missing $unit"
    done
    sed -n 's/^ *cluster_name: */cluster /p' /etc/pve/corosync.conf 2>/dev/null
    for file in /etc/pve/local/qemu-server/*.conf /etc/pve/local/lxc/*.conf; do
        [ -e "$file" ] && echo "guests $file"
    done
    ip -o addr show scope global | awk '{ print "address", $4 }'
    timeout 5 bash -c ': < "/dev/tcp/$0/$1"' "$member" "$port" 2>/dev/null || echo "closed tcp/$port"
    [ -z "$corosync" ] ||
        timeout 5 bash -c 'exec 3<>"/dev/udp/$0/$1" && echo >&3 && sleep 0.3 && echo >&3' "$member" "$corosync" \\
            2>/dev/null || echo "closed udp/$corosync"
    ping -c 3 -i 0.2 -w 3 -q "$member" 2>/dev/null |
        awk -F/ '/^rtt|^round-trip/ { print "rtt", $5 }'
    true
    """
