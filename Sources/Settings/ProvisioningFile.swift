internal import Model
internal import YAML

extension Provisioning {
    /// Reads provisioning.yaml, or throws all that is wrong with it.
    public init(parsing text: String, file: String) throws(Diagnostics) {
        let mistakes = Mistakes(in: file)
        let root = try Section(parsing: text, mistakes: mistakes)
            .knowing([
                "server", "pxe", "installation", "proxmox", "credentials", "infrastructure", "backup", "notifications",
            ])
        server = Server(root.section("server", keys: ["public_url", "require_https"]))
        pxe = PXE(root.section("pxe", keys: Provisioning.PXE.keys))
        installation = Installation(root.section("installation", keys: Installation.keys))
        proxmox = Proxmox(root.section("proxmox", keys: ["existing_node", "join_fingerprint", "join_with"]))
        credentials = Credentials(root.section("credentials", keys: ["root_password_hash"]))
        infrastructure = Infrastructure(root.section("infrastructure", keys: Infrastructure.keys))
        backup = Backup(root.section("backup", keys: ["folder"]))
        notifications = NotificationTarget.all(in: root)
        try mistakes.check()
    }
}

extension Provisioning.Server {
    fileprivate init(_ section: Section) {
        publicURL = section.value("public_url", .origin)
        requiresHTTPS = section.value("require_https", .flag) ?? requiresHTTPS
    }
}

extension Provisioning.Proxmox {
    fileprivate init(_ section: Section) {
        existingNode = section.value("existing_node", .hostName)
        joinFingerprint = section.value("join_fingerprint", .fingerprint)
        joinWith = section.value("join_with", .choice) ?? joinWith
        if joinWith == .ssh, let node = existingNode, HostName.isName(node[...]) {
            section.mistakes.note(
                section.child("existing_node"), at: section.place("existing_node"), found: node,
                Refusal(message: "is a name, and with join_with: ssh the member's address is needed"),
                allowed: "an IP address")
        }
        if joinFingerprint != nil {
            let message = "is needed with proxmox.join_fingerprint, which is that node's"
            section.need("existing_node", .hostName, because: "join_fingerprint", message)
        }
    }
}

extension Provisioning.Credentials {
    fileprivate init(_ section: Section) {
        rootPasswordHash = section.value("root_password_hash", .cryptHash)
    }
}

extension Provisioning.Backup {
    fileprivate init(_ section: Section) {
        folder = section.value("folder", .folder)
    }
}

extension Form<String> {
    fileprivate static var folder: Self {
        text("the whole path of a folder, such as /mnt/nas/sprout") { $0.hasPrefix("/") && $0.count > 1 ? $0 : nil }
    }
}

extension Section {
    /// Notes at `other` that `key` has no value.
    func need<Value>(_ key: String, _ form: Form<Value>, because other: String, _ message: String) {
        if let entry = entry(key), !entry.value.isNull { return }
        mistakes.note(child(key), at: place(other), Refusal(message: message), allowed: form.allowed)
    }
}
