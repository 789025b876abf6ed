public import HTTP
import Linux
public import Model
import Systemd

extension Timestamp {
    public static func now() -> Timestamp { Timestamp(milliseconds: WallClock.milliseconds()) }
}

extension ClockReading {
    public static func now() -> ClockReading {
        ClockReading(boot: thisBoot, uptime: BootClock.milliseconds(), wall: .now())
    }

    /// The kernel's name for this start of the machine; a daemon that may not see that file is told by systemd.
    private static let thisBoot: String = {
        let file = try? Files.text("/proc/sys/kernel/random/boot_id")
        let id = (Environment["SPROUT_BOOT_ID"] ?? file ?? "").filter(\.isHexDigit)
        return id.isEmpty ? "unknown" : id
    }()
}

/// Says in the journal what a client is not told: an error that no handler expected.
public func report(_ request: Request, _ error: any Error) {
    Journal.log(
        .error, "\(request.method) \(request.path) could not be answered: \(error)",
        ["SPROUT_REQUEST": request.id ?? ""])
}
