import Linux

/// Finds who listens on a TCP port, where that can be seen.
enum PortHolder {
    /// The name and process id of the program that listens on a port, or nil.
    static func describe(_ port: UInt16) -> String? {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap { try? Files.text($0) }
        let sockets = Set(tables.flatMap { inodes(listeningOn: port, in: $0) }.map { "socket:[\($0)]" })
        guard !sockets.isEmpty else { return nil }
        for process in Files.names(in: "/proc") where Int(process) != nil {
            let descriptors = Files.names(in: "/proc/\(process)/fd")
            guard descriptors.contains(where: { sockets.contains(Files.link(at: "/proc/\(process)/fd/\($0)") ?? "") })
            else { continue }
            let name = (try? Files.text("/proc/\(process)/comm"))?.split(separator: "\n").first.map(String.init)
            return "\(name ?? "a program") (process \(process))"
        }
        return nil
    }

    /// The sockets in state 0A (listening) whose local address ends in this port, in hexadecimal.
    static func inodes(listeningOn port: UInt16, in table: String) -> [String] {
        let digits = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: " ")
            guard columns.count > 9, columns[1].hasSuffix(suffix), columns[3] == "0A" else { return nil }
            return String(columns[9])
        }
    }
}
