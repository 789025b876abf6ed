/// Where packets go that are for no network of this machine.
public enum DefaultRoute {
    /// The interfaces that hold such a route now.
    public static func interfaces() -> Set<String> {
        interfaces(in: (try? Files.text("/proc/self/net/route")) ?? "")
    }

    /// Of the kernel's table: interface, destination, gateway, flags, …, mask; in hexadecimal.
    static func interfaces(in table: String) -> Set<String> {
        let routes = table.split(separator: "\n").dropFirst().map { $0.split(whereSeparator: \.isWhitespace) }
        return Set(
            routes.filter { $0.count > 7 && $0[1] == "00000000" && $0[7] == "00000000" && isUp($0[3]) }
                .map { String($0[0]) })
    }

    private static func isUp(_ flags: Substring) -> Bool { (Int(flags, radix: 16) ?? 0) & 1 != 0 }
}
