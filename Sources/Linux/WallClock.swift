import CLinux
import Glibc

/// The time of day, which may be wrong and may jump.
public enum WallClock {
    /// Milliseconds since 1970 in UTC.
    public static func milliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
