public import HTTP
import Linux
public import Model
import Systemd

extension Timestamp {
    public static func now() -> Timestamp { Timestamp(milliseconds: WallClock.milliseconds()) }
}

/// Says in the journal what a client is not told: an error that no handler expected.
public func report(_ request: Request, _ error: any Error) {
    Journal.log(
        .error, "\(request.method) \(request.path) could not be answered: \(error)",
        ["SPROUT_REQUEST": request.id ?? ""])
}
