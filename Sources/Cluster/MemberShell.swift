public import Linux
public import Model
public import SSH

/// A member that is asked over SSH, with a key that the operator has put into the cluster.
public struct MemberShell: Member {
    private let server: Server
    private let login: Login
    private let reactor: Reactor

    public init(_ server: Server, as login: Login, _ reactor: Reactor) {
        (self.server, self.login, self.reactor) = (server, login, reactor)
    }

    public func get(_ path: String, _ query: [String: String]) async throws -> [UInt8] {
        let words = query.sorted { $0.key < $1.key }.flatMap { ["--\($0)", $1] }
        let script = Script("exec pvesh get \"$@\" --output-format json", [path] + words)
        let data = try await run(script, "pvesh get \(path)")
        return Array("{\"data\":".utf8) + data + Array("}".utf8)
    }

    public func guestFiles(of node: String) async throws -> [GuestFile]? {
        let output = try await run(Script(Self.guestScript, [node]), "reading the guests of \(node)")
        return GuestListing.files(String(decoding: output, as: UTF8.self))
    }

    public func remove(node: String) async throws {
        do {
            _ = try await run(Script("cd /root && exec pvecm delnode \"$1\"", [node]), "pvecm delnode \(node)")
        } catch let failure as MemberFailed where failure.description.contains("is not a known host of the cluster") {
            // Somebody else has done it.
        }
    }

    public func clock(of node: String) async throws -> RemoteClock {
        let before = RemoteClock.now
        let text = String(decoding: try await run(Script("date +%s.%N", []), "date"), as: UTF8.self)
        guard let time = RemoteClock.time(text.trimmedLine) else {
            throw MemberFailed(.clock, "\(server) does not tell its time.")
        }
        return RemoteClock(time, between: before, and: RemoteClock.now)
    }

    /// Lets a new node log in on all members, and says how it recognises this one.
    public func admit(_ key: PublicKey) async throws -> [PublicKey] {
        _ = try await run(Script(Self.admitScript, [key.line]), "the new node's key")
        return server.hostKeys
    }

    /// Takes the key of a node back that did not become a member.
    public func dismiss(_ key: PublicKey) async throws {
        do {
            var session = try await Session(to: server, as: login, reactor)
            _ = try await session.removeKey(key)
        } catch let failure as SSHFailed {
            throw MemberFailed(failure)
        }
    }

    private func run(_ script: Script, _ name: String) async throws -> [UInt8] {
        do {
            var session = try await Session(to: server, as: login, reactor)
            let outcome = try await session.run(script.line)
            guard outcome.hasSucceeded else {
                let words = String(decoding: outcome.errors, as: UTF8.self).split(whereSeparator: \.isNewline).last
                let said = words.map(String.init) ?? "nothing"
                if said.contains("node is not in a cluster") { throw MemberFailed.noCluster("\(server)") }
                throw MemberFailed(.cluster, "\(name) on \(server) \(outcome.end): \(said)")
            }
            return outcome.output
        } catch let failure as SSHFailed {
            throw MemberFailed(failure)
        }
    }

    // The names of the files are made by Proxmox VE: a number and .conf.
    private static let guestScript = """
        cd "/etc/pve/nodes/$1" || exit 0
        for file in qemu-server/*.conf lxc/*.conf; do
            [ -e "$file" ] || continue
            printf '\(GuestListing.mark)%s\\n' "$file"
            head -c \(GuestListing.longestFile) "$file"
            echo
        done | head -c \(GuestListing.longest)
        """

    // All members have this file. It is written in one go, as the cluster's file system wants it.
    private static let admitScript = """
        set -eu
        file=/etc/pve/priv/authorized_keys
        [ -e "$file" ] || file=$HOME/.ssh/authorized_keys
        grep -qF -- "$1" "$file" || printf '%s\\n' "$1" >> "$file"
        """
}
