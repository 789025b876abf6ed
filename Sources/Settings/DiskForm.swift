internal import YAML

extension Form<String> {
    /// A whole disk by the kernel's name for it, the only kind of path that the Proxmox VE installer understands.
    static var disk: Self {
        let allowed = "a whole disk such as /dev/nvme0n1, a list of them, or a map with its serial or model"
        return Form(allowed: allowed) { (scalar) throws(Refusal) in
            let text = scalar.text
            if isDisk(text) || isLink(text) { return text }
            if text.hasPrefix("/dev/disk/") {
                throw Refusal(
                    message: "the installer follows no links but what it can know from their names: those in "
                        + "/dev/disk/by-id to a whole disk; or give its serial")
            }
            if let disk = wholeDisk(of: text) { throw Refusal(message: "which is a partition", suggestion: disk) }
            throw Refusal(suggestion: isDisk("/dev/\(text)") ? "/dev/\(text)" : nil)
        }
    }

    private static func isDisk(_ text: String) -> Bool {
        let names = /\/dev\/((s|v|xv|h)d[a-z]{1,3}|nvme[0-9]{1,3}n[0-9]{1,3}|mmcblk[0-9]{1,3})/
        return text.wholeMatch(of: names) != nil
    }

    /// A link that is named for what udev knows of a whole disk.
    private static func isLink(_ text: String) -> Bool {
        let names = /\/dev\/disk\/by-id\/(ata|nvme|scsi|usb|virtio|wwn)-[A-Za-z0-9#+.:=@_\-]{1,120}/
        return text.wholeMatch(of: names) != nil && text.wholeMatch(of: /.*-part[0-9]+/) == nil
    }

    private static func wholeDisk(of text: String) -> String? {
        let partition = /(\/dev\/(?:[a-z]+|nvme[0-9]+n[0-9]+p|mmcblk[0-9]+p))[0-9]+/
        guard let match = text.wholeMatch(of: partition) else { return nil }
        let disk = String(match.1)
        if isDisk(disk) { return disk }
        let withoutLetter = String(disk.dropLast())
        return isDisk(withoutLetter) ? withoutLetter : nil
    }
}
