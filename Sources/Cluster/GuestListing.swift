internal import Model

/// The configuration files of a node's guests, one after the other in one text.
enum GuestListing {
    /// Begins the line that names the next file: none of theirs begins with a tab.
    static let mark = "\t"
    static let longestFile = 16_384
    static let longest = 262_144

    static func files(_ listing: String) -> [GuestFile] {
        var files: [GuestFile] = []
        for line in listing.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(mark) {
                files.append(GuestFile(path: String(line.dropFirst(mark.count)), text: ""))
            } else if !files.isEmpty, !line.isEmpty {
                files[files.count - 1].text += "\(withoutPassword(line))\n"
            }
        }
        return files
    }

    /// It is the hash of a password, and nobody's business who looks at a plan.
    private static func withoutPassword(_ line: Substring) -> Substring {
        line.hasPrefix("cipassword:") ? "cipassword: …" : line
    }
}
