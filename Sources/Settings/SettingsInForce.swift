internal import Model

/// The single values of provisioning.yaml, as they are asked for and changed one by one.
extension Provisioning {
    /// What can be changed by its key; lists and maps are changed in the file.
    public static let changeable: [String] =
        ["server.public_url", "server.require_https"] + PXE.keys.map { "pxe.\($0)" }
        + Installation.keys.map { "installation.\($0)" }
        + ["proxmox.existing_node", "proxmox.join_with", "proxmox.join_fingerprint", "credentials.root_password_hash"]
        + ["kind", "base_url", "site", "role", "fingerprint"].map { "infrastructure.\($0)" } + ["backup.folder"]

    /// What holds of each, as it would be written; what has no value is left out.
    public var values: [String: String] {
        var values = [
            "server.require_https": "\(server.requiresHTTPS)", "pxe.enabled": "\(pxe.isEnabled)",
            "pxe.answer": pxe.answer.rawValue, "pxe.mode": pxe.mode.rawValue, "pxe.lease_time": pxe.writtenLeaseTime,
            "installation.country": "\(installation.country)", "installation.keyboard": installation.keyboard.rawValue,
            "installation.timezone": "\(installation.timezone)", "installation.domain": "\(installation.domain)",
            "installation.live_progress": "\(installation.hasLiveProgress)",
            "proxmox.join_with": proxmox.joinWith.rawValue, "infrastructure.kind": infrastructure.kind.rawValue,
        ]
        values["server.public_url"] = server.publicURL?.description
        values["pxe.interface"] = pxe.interface
        values["pxe.subnet"] = pxe.subnet?.description
        values["pxe.range"] = pxe.range?.description
        values["pxe.router"] = pxe.router
        values["pxe.dns"] = pxe.dns
        values["installation.mail"] = installation.mail?.description
        values["proxmox.existing_node"] = proxmox.existingNode
        values["proxmox.join_fingerprint"] = proxmox.joinFingerprint
        values["credentials.root_password_hash"] = credentials.rootPasswordHash
        values["infrastructure.base_url"] = infrastructure.baseURL?.description
        values["infrastructure.site"] = infrastructure.site
        values["infrastructure.role"] = infrastructure.role
        values["infrastructure.fingerprint"] = infrastructure.fingerprint
        values["backup.folder"] = backup.folder
        return values
    }
}

extension Provisioning.PXE {
    fileprivate var writtenLeaseTime: String {
        let minutes = leaseTime.components.seconds / 60
        return minutes % 60 == 0 ? "\(minutes / 60)h" : "\(minutes)m"
    }
}
