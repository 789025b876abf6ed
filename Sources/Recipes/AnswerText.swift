import Model

/// Writes a plan that was checked as the TOML of its release.
struct AnswerText {
    private let plan: AnswerPlan
    private let disks: ChosenDisks
    private let hash: String
    private let isPreview: Bool

    init(_ plan: AnswerPlan, _ disks: ChosenDisks, hash: String, isPreview: Bool) {
        self.plan = plan
        self.disks = disks
        self.hash = hash
        self.isPreview = isPreview
    }

    var toml: String {
        var toml = TOML()
        toml.table("global", pairs: global)
        writeNetwork(&toml)
        writeDisks(&toml)
        writeCallbacks(&toml)
        return toml.text
    }

    private typealias Pairs = [(key: String, value: TOML.Value?)]

    private var global: Pairs {
        let installation = plan.installation
        let mail = installation.mail?.description ?? "root@\(plan.fqdn)"
        return [
            ("country", .text("\(installation.country)")),
            ("fqdn", .text(plan.fqdn)),
            ("keyboard", .text("\(installation.keyboard)")),
            ("mailto", .text(mail)),
            ("timezone", .text("\(installation.timezone)")),
            (spelled("root-password-hashed"), .text(hidden(hash))),
            (spelled("root-ssh-keys"), plan.publicKeys.isEmpty ? nil : .texts(plan.publicKeys.map(shown(key:)))),
            // A machine that restarted after a failure would only netboot into the next one, and take its log with it.
            (spelled("reboot-on-error"), .flag(false)),
            ("reboot-mode", plan.release.hasRebootMode ? .text("reboot") : nil),
        ]
    }

    private func writeNetwork(_ toml: inout TOML) {
        switch plan.network {
        case .dhcp: toml.table("network", pairs: [("source", .text("from-dhcp"))])
        case .fixed(let address, let gateway, let dns, let port):
            let pairs: Pairs = [
                ("source", .text("from-answer")),
                ("cidr", .text("\(address)")),
                ("gateway", .text(gateway)),
                ("dns", .text(dns)),
            ]
            toml.table("network", pairs: pairs)
            // udev's name of a port by its address, such as enxbc2411498d75; only the beginning depends on its kind.
            let digits = "\(port)".filter { $0 != ":" }
            toml.table("network", "filter", pairs: [("ID_NET_NAME_MAC", .text("*\(digits)"))])
        }
        // The section alone pins all names, whatever it says: without names there is none.
        if plan.portNames.isEmpty || !plan.release.pinsPortNames { return }
        toml.table("network", "interface-name-pinning", pairs: [("enabled", .flag(true))])
        let names = plan.portNames.sorted { $0.value < $1.value }
        toml.table(
            "network", "interface-name-pinning", "mapping", pairs: names.map { ("\($0.key)", .text($0.value)) })
    }

    private func writeDisks(_ toml: inout TOML) {
        var setup: Pairs = [("filesystem", .text(plan.filesystem.kind.rawValue))]
        if case .names(let names) = disks { setup.append((spelled("disk-list"), .texts(names))) }
        toml.table("disk-setup", pairs: setup)
        if case .filter(let filter) = disks {
            toml.table("disk-setup", "filter", pairs: filter.map { ($0.property, .text($0.pattern.glob)) })
        }
        switch plan.filesystem {
        case .ext4(let lvm), .xfs(let lvm): toml.table("disk-setup", "lvm", pairs: pairs(lvm))
        case .zfs(let zfs): toml.table("disk-setup", "zfs", pairs: pairs(zfs))
        case .btrfs(let btrfs): toml.table("disk-setup", "btrfs", pairs: pairs(btrfs))
        }
    }

    private func pairs(_ lvm: Filesystem.LVM) -> Pairs {
        [
            ("hdsize", lvm.hdsize.map(TOML.Value.fraction)),
            ("swapsize", lvm.swapsize.map(TOML.Value.fraction)),
            ("maxroot", lvm.maxroot.map(TOML.Value.fraction)),
            ("maxvz", lvm.maxvz.map(TOML.Value.fraction)),
            ("minfree", lvm.minfree.map(TOML.Value.fraction)),
        ]
    }

    private func pairs(_ zfs: Filesystem.ZFS) -> Pairs {
        [
            ("raid", .text(zfs.raid.rawValue)),
            ("ashift", zfs.ashift.map(TOML.Value.whole)),
            (spelled("arc-max"), zfs.arcMax.map(TOML.Value.whole)),
            ("checksum", zfs.checksum.map { .text($0.rawValue) }),
            ("compress", zfs.compress.map { .text($0.rawValue) }),
            ("copies", zfs.copies.map(TOML.Value.whole)),
            ("hdsize", zfs.hdsize.map(TOML.Value.fraction)),
        ]
    }

    private func pairs(_ btrfs: Filesystem.Btrfs) -> Pairs {
        [
            ("raid", .text(btrfs.raid.rawValue)),
            ("compress", btrfs.compress.map { .text($0.rawValue) }),
            ("hdsize", btrfs.hdsize.map(TOML.Value.fraction)),
        ]
    }

    private func writeCallbacks(_ toml: inout TOML) {
        let callbacks = plan.callbacks
        let fingerprint = callbacks.certificateFingerprint.map(TOML.Value.text)
        let token = hidden(callbacks.token)
        let hasToken = plan.release.hasWebhookToken
        toml.table(
            "post-installation-webhook",
            pairs: [
                ("url", .text(hasToken ? callbacks.installed : callbacks.installed.with(token: token))),
                (spelled("cert-fingerprint"), fingerprint),
                ("auth-token", hasToken ? .text(token) : nil),
            ])
        toml.table(
            "first-boot",
            pairs: [
                ("source", .text("from-url")),
                ("ordering", .text("fully-up")),
                ("url", .text(callbacks.firstBoot.with(token: token))),
                // Spelled with a hyphen from its first release on, unlike the webhook's.
                ("cert-fingerprint", fingerprint),
            ])
    }

    private func spelled(_ key: String) -> String {
        plan.release.spellsWithHyphens ? key : String(key.map { $0 == "-" ? "_" : $0 })
    }

    private func hidden(_ secret: String) -> String { isPreview ? "(hidden)" : secret }

    private func shown(key: String) -> String {
        if !isPreview { return key }
        let words = key.split(separator: " ")
        return ([words.first ?? "", "(hidden)"] + words.dropFirst(2)).joined(separator: " ")
    }
}

extension String {
    fileprivate func with(token: String) -> String { self + (contains("?") ? "&" : "?") + "token=\(token)" }
}
