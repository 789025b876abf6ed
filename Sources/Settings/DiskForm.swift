internal import YAML

extension Form<String> {
    /// A whole disk by the kernel's name for it, the only kind of path that the Proxmox VE installer understands.
    static var disk: Self {
        let allowed = "a whole disk such as /dev/nvme0n1, or a map with its serial or model"
        return Form(allowed: allowed) { (scalar) throws(Refusal) in
            let text = scalar.text
            if isDisk(text) { return text }
            if text.hasPrefix("/dev/disk/") {
                throw Refusal(message: "the installer follows no links: give the disk's serial instead")
            }
            if let disk = wholeDisk(of: text) { throw Refusal(message: "which is a partition", suggestion: disk) }
            throw Refusal(suggestion: isDisk("/dev/\(text)") ? "/dev/\(text)" : nil)
        }
    }

    private static func isDisk(_ text: String) -> Bool {
        let names = /\/dev\/((s|v|xv|h)d[a-z]{1,3}|nvme[0-9]{1,3}n[0-9]{1,3}|mmcblk[0-9]{1,3})/
        return text.wholeMatch(of: names) != nil
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
