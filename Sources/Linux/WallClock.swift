import CLinux
import Glibc

/// The time of day, which may be wrong and may jump.
public enum WallClock {
    /// Milliseconds since 1970 in UTC.
    public static func milliseconds() -> Int64 { shown(by: CLOCK_REALTIME) }

    /// Only who has the capability CAP_SYS_TIME may.
    public static func set(milliseconds: Int64) throws(Errno) {
        var moment = timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        guard clock_settime(CLOCK_REALTIME, &moment) == 0 else { throw Errno(rawValue: errno) }
    }
}

/// The time since this machine was started, which nobody sets; it goes on while the machine sleeps.
public enum BootClock {
    public static func milliseconds() -> Int64 { shown(by: CLOCK_BOOTTIME) }
}

private func shown(by clock: clockid_t) -> Int64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}
