import Cluster
import Crypto
import Fetch
import FoundationEssentials
import Ledger
import Linux
import Model
import SSH
import Settings
import Store

/// A member of the cluster that hosts are to join, and by what it lets Sprout and them in.
struct ClusterAccess: Sendable {
    enum Way: Sendable {
        case password(String, Fingerprint)
        case ssh(Server, Login)
    }

    let host: String
    let port: UInt16
    let way: Way
    let worker: Worker

    func member(_ reactor: Reactor) -> any Member {
        switch way {
        case .password(let password, let trusted):
            MemberAPI(host, port: port, trusted: trusted, password: password, worker)
        case .ssh(let server, let login): MemberShell(server, as: login, reactor)
        }
    }

    /// What no line of a timeline may have in it.
    var secret: String? {
        if case .password(let password, _) = way { password } else { nil }
    }
}

/// Finds the cluster of a host, and says what is missing for asking it.
struct ClusterKeeper: Sendable {
    let desk: Desk
    let settings: SettingsKeeper
    let secrets: SecretDesk
    let reactor: Reactor
    let worker: Worker

    /// Nil if hosts are to be nodes of their own.
    func configured() async throws -> ClusterAccess? {
        let proxmox = await settings.provisioning.proxmox
        guard let host = proxmox.existingNode else { return nil }
        let way: ClusterAccess.Way =
            switch proxmox.joinWith {
            case .password: try await password(of: host, proxmox)
            case .ssh: try await key(for: host)
            }
        return ClusterAccess(host: host, port: 8006, way: way, worker: worker)
    }

    /// A host that is only rehearsed joins the cluster of its rehearsal, and never a real one.
    func access(for host: Host) async throws -> ClusterAccess? {
        guard host.isRehearsed else { return try await configured() }
        guard let played = try await desk.store.inventory(ofHost: host.id)?.start?.rehearsal?.cluster,
            let trusted = Fingerprint(played.fingerprint)
        else { return nil }
        return ClusterAccess(
            host: "127.0.0.1", port: played.port, way: .password(played.password, trusted), worker: worker)
    }

    private func password(of host: String, _ proxmox: Provisioning.Proxmox) async throws -> ClusterAccess.Way {
        let pinned = try await desk.store.setting(Self.trust(host))
        guard let trusted = (proxmox.joinFingerprint ?? pinned).flatMap({ Fingerprint($0) }) else {
            let shown = try await MemberAPI.certificate(of: host, worker)
            throw MemberFailed(
                .identity,
                "\(host) shows the certificate \(shown), which nobody has trusted yet. Compare it there, under Datacenter >"
                    + " Cluster > Join Information, and then: sprout cluster trust \(shown)", shown: "\(shown)")
        }
        guard let password = try await secrets.secret(try SecretName(ClusterSecret.password)) else {
            throw MemberFailed(
                .login,
                "The cluster's root password is not known. Store it, sealed: sprout secrets set"
                    + " \(ClusterSecret.password)")
        }
        return .password(password, trusted)
    }

    private func key(for host: String) async throws -> ClusterAccess.Way {
        guard let trusted = try await desk.store.setting(Self.trust(host)).flatMap({ PublicKey($0) }) else {
            let shown = try await shownHostKey(of: host)
            throw MemberFailed(
                .identity,
                "\(host) shows the SSH host key \(shown), which nobody has trusted yet. Compare it there, with ssh-keygen"
                    + " -lf /etc/ssh/ssh_host_ed25519_key.pub, and then: sprout cluster trust \(shown.fingerprint)",
                shown: shown.fingerprint)
        }
        guard let key = try await memberKey() else {
            throw MemberFailed(
                .login,
                "Sprout has no key for the cluster yet. Make one, and add it to /etc/pve/priv/authorized_keys of a member:"
                    + " sprout cluster key")
        }
        return .ssh(Server(host, hostKeys: [trusted]), Login(privateKey: key.secret))
    }

    private func shownHostKey(of host: String) async throws -> PublicKey {
        do {
            return try await Session.hostKey(at: host, reactor)
        } catch let failure as SSHFailed {
            throw MemberFailed(failure)
        }
    }

    /// Makes what the member shows now what it has to show from now on, if that is what a person has compared.
    func trust(_ fingerprint: String) async throws -> (host: String, shown: String) {
        let proxmox = await settings.provisioning.proxmox
        guard let host = proxmox.existingNode else {
            throw MemberFailed(.reachable, "No cluster is configured: set proxmox.existing_node in provisioning.yaml.")
        }
        let (shown, kept): (String, String)
        switch proxmox.joinWith {
        case .password:
            let certificate = try await MemberAPI.certificate(of: host, worker)
            (shown, kept) = ("\(certificate)", "\(certificate)")
            guard Fingerprint(fingerprint) == certificate else { throw Self.mismatch(host, shown) }
        case .ssh:
            let key = try await shownHostKey(of: host)
            (shown, kept) = (key.fingerprint, key.line)
            guard fingerprint == shown else { throw Self.mismatch(host, shown) }
        }
        try await desk.ledger.keep(setting: Self.trust(host), kept)
        return (host, shown)
    }

    /// The key pair by which Sprout logs in on members, and the line that they need.
    func memberKey() async throws -> (line: String, secret: [UInt8])? {
        guard let text = try await secrets.secret(try SecretName(Self.keyName)) else { return nil }
        let lines = text.split(separator: "\n").map(String.init)
        guard lines.count == 2, let secret = Data(base64Encoded: lines[1]), secret.count == 32 else {
            throw MemberFailed(
                .login, "The secret \(Self.keyName) is no key of ours: remove it, and make another: sprout cluster key")
        }
        return (lines[0], Array(secret))
    }

    static let keyName = "cluster-key"

    private static func trust(_ host: String) -> String { "cluster.trusted.\(host)" }

    private static func mismatch(_ host: String, _ shown: String) -> MemberFailed {
        MemberFailed(
            .identity, "\(host) shows \(shown) now, and not what you trust. Compare it once more.", shown: shown)
    }
}
