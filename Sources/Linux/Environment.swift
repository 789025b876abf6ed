import Glibc

/// The environment this process was given: `Environment["SPROUT_DATABASE"]`.
public enum Environment {
    public static subscript(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
