import Glibc

/// The error of a system call: a number the kernel chose, not a case we made up.
public struct Errno: Error, RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: CInt
    public init(rawValue: CInt) { self.rawValue = rawValue }

    public static let addressInUse = Errno(rawValue: EADDRINUSE)
    public static let brokenPipe = Errno(rawValue: EPIPE)
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    public static let connectionReset = Errno(rawValue: ECONNRESET)
    public static let noSuchFile = Errno(rawValue: ENOENT)
    public static let timedOut = Errno(rawValue: ETIMEDOUT)
    public static let wouldBlock = Errno(rawValue: EAGAIN)

    public var description: String { String(cString: strerror(rawValue)) }
}

/// Runs a system call, retries it on EINTR, and turns -1 into a thrown `Errno`.
@discardableResult
func retrying<Result: SignedInteger>(_ call: () -> Result) throws(Errno) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let code = errno
        if code != EINTR { throw Errno(rawValue: code) }
    }
}
