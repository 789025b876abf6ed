import Glibc

/// The environment this process was given: `Environment["SPROUT_DATABASE"]`.
public enum Environment {
    /// What this machine calls itself; nil while it has no name of its own.
    public static var hostName: String? {
        var names = utsname()
        guard uname(&names) == 0 else { return nil }
        let name = withUnsafeBytes(of: names.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return ["", "(none)", "localhost"].contains(name) ? nil : name
    }

    public static subscript(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
