import CLinux
import Glibc

/// What this process costs.
public struct ResourceUsage: Sendable {
    public let processorTime: Duration
    public let residentBytes: Int

    public static func own() -> ResourceUsage {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        // The second number of this file is the pages that it occupies (proc(5)).
        let pages = (try? Files.text("/proc/self/statm"))?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return ResourceUsage(
            processorTime: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec),
            residentBytes: (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE)))
    }
}
