public import Model

/// What an installer of a release sends, and with which header fields.
public struct InstallerMessages: Sendable {
    public let release: InstallerRelease
    private let machine: FakeMachine
    private let build: String

    /// `build` is that of the ISO: the `1` of 9.2-1.
    public init(_ release: InstallerRelease, _ machine: FakeMachine, build: String = "1") {
        (self.release, self.machine, self.build) = (release, machine, build)
    }

    public typealias Fields = [(name: String, value: String)]

    /// The fields of the question for the answer file; its token is known from 9.2 on.
    public func answerFields(token: String?) -> Fields {
        // The first installer cut its own line short.
        let type = release == .v8x2 ? "application/json; charset=utf-" : "application/json; charset=utf-8"
        var fields: Fields = [("content-type", type), ("user-agent", agent), ("accept-encoding", "gzip")]
        guard release >= .v9x2 else { return fields }
        fields.append(("accept", "application/json, application/toml;q=0.5"))
        if let token { fields.append(("authorization", "Bearer \(token)")) }
        return fields
    }

    public var webhookFields: Fields {
        [("content-type", "application/json; charset=utf-8"), ("accept", "*/*"), ("user-agent", agent)]
    }

    private var agent: String { release >= .v9x2 ? "ureq/3.0.11" : "ureq/2.9.7" }

    /// The body of the question: of disks, of memory or of the address there is nothing in it.
    public var systemInformation: JSONTree {
        let ports = machine.ports.map { port in
            JSONTree.texts([
                "link": port.link, "mac": release >= .v9x2 ? "\(port.mac)".uppercased() : "\(port.mac)",
            ])
        }
        return .members([
            "$schema": release >= .v8x3 ? .texts(["version": "1.0"]) : nil,
            "product": .object([
                "fullname": .text("Proxmox VE"), "product": .text("pve"), "enable_btrfs": .flag(true),
            ]),
            "iso": iso, "dmi": dmi, "network_interfaces": .list(ports),
        ])
    }

    /// The body of what the webhook is told when everything is written to disk.
    ///
    /// The host keys are the new system's, by their kinds; of one that never runs they are nobody's.
    public func report(
        _ plan: InstallationPlan, hostKeys: [String: String]? = nil, isTokenWrong: Bool = false
    ) -> JSONTree {
        .members([
            "$schema": .texts(["version": schema]), "debian-version": .text(release >= .v9x0 ? "13.1" : "12.8"),
            "product": .texts(["fullname": "Proxmox VE", "short": "pve", "version": "\(release).4"]), "iso": iso,
            "kernel-version": .texts([
                "sysname": "Linux", "release": "6.14.8-2-pve", "machine": "x86_64",
                "version": "#1 SMP PREEMPT_DYNAMIC PMX 6.14.8-2 x86_64 GNU/Linux",
            ]),
            "boot-info": .texts(["mode": machine.isUEFI ? "efi" : "bios"]),
            "cpu-info": .object([
                "cores": .number(8), "cpus": .number(16), "flags": .text("fpu vme de pse tsc msr pae mce vmx"),
                "hvm": .flag(true), "model": .text("Rehearsal CPU"), "sockets": .number(1),
            ]),
            "dmi": dmi, "filesystem": .text(plan.filesystem), "fqdn": .text(plan.fqdn),
            "machine-id": .text(PublicKeys(machine.number).machineID), "disks": .list(disks(plan)),
            "network-interfaces": .list(ports(plan)),
            "ssh-public-host-keys": .texts(hostKeys ?? PublicKeys(machine.number).hostKeys(of: plan.hostname)),
            "reboot-mode": release.hasRebootMode ? .text(plan.powersOff ? "power-off" : "reboot") : nil,
            "token": release.hasWebhookToken
                ? plan.webhook?.token.map { .text(isTokenWrong ? String($0.reversed()) : $0) } : nil,
        ])
    }

    private var schema: String { release >= .v9x1 ? "1.2" : release >= .v8x4 ? "1.1" : "1.0" }

    private var iso: JSONTree { .texts(["release": "\(release)", "isorelease": build]) }

    private var dmi: JSONTree {
        let dmi = machine.dmi
        return .object([
            "system": .texts([
                "serial": dmi.system.serial, "sku": dmi.system.sku, "uuid": dmi.system.uuid, "name": dmi.system.name,
            ]),
            "baseboard": .texts([
                "asset_tag": dmi.baseboard.assetTag, "serial": dmi.baseboard.serial, "name": dmi.baseboard.name,
            ]),
            "chassis": .texts([
                "serial": dmi.chassis.serial, "sku": dmi.chassis.sku, "asset_tag": dmi.chassis.assetTag,
            ]),
        ])
    }

    /// All disks are told, each with the size that was asked for, not with its own.
    private func disks(_ plan: InstallationPlan) -> [JSONTree] {
        machine.disks.map { disk in
            .members([
                "size": .number(Int(plan.size * Double(1 << 30))),
                "is-bootdisk": plan.disks.contains(disk.name) ? .flag(true) : nil,
                "udev-properties": .texts(disk.properties),
            ])
        }
    }

    private func ports(_ plan: InstallationPlan) -> [JSONTree] {
        machine.ports.map { port in
            let name = plan.names[port.mac]
            // With an address of its own and pinned names the installer looks for the port under its old name.
            let isManagement = port.mac == plan.port && !(plan.isFixed && name != nil)
            return .members([
                "name": release >= .v9x1 ? .text(name ?? port.link) : nil, "mac": .text("\(port.mac)"),
                "address": isManagement ? .text(plan.address) : nil, "is-management": isManagement ? .flag(true) : nil,
                "is-pinned": release >= .v9x1 && name != nil ? .flag(true) : nil,
                "udev-properties": .texts(port.properties),
            ])
        }
    }
}
