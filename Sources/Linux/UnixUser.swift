import Glibc

/// The users of this machine.
public enum UnixUser {
    /// What a user is called; nil for one that this machine does not know.
    public static func name(of id: UInt32) -> String? {
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var memory = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(id, &entry, &memory, memory.count, &found) == 0, found != nil else { return nil }
        return String(cString: entry.pw_name)
    }
}
