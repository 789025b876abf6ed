/// A length of time as a clock shows it: 3:05, or 1:02:03.
public enum Elapsed {
    public static func text(_ seconds: Int) -> String {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, padded(seconds % 60))
        return hours > 0 ? "\(hours):\(padded(minutes)):\(rest)" : "\(minutes):\(rest)"
    }

    public static func text(_ duration: Duration) -> String { text(Int(duration.components.seconds)) }

    public static func text(between start: Timestamp, _ end: Timestamp) -> String {
        text(seconds(between: start, end))
    }

    public static func seconds(between start: Timestamp, _ end: Timestamp) -> Int {
        max(0, Int(end.milliseconds - start.milliseconds)) / 1000
    }

    /// Whether something takes so much longer than usual that somebody should look.
    ///
    /// What is usually over at once says nothing.
    public static func isLong(_ seconds: Int, usual: Int) -> Bool { usual > 0 && seconds > usual * 2 }

    /// What is usual, beside a time that still runs; sprout.js says the same as time goes on.
    public static func words(usual: Int, after seconds: Int) -> String {
        isLong(seconds, usual: usual) ? "longer than the usual \(text(usual))" : "usually \(text(usual))"
    }

    /// For how long something will be at work, as far as that is known; sprout.js says the same as time goes on.
    public static func words(left seconds: Int) -> String {
        guard seconds > 0 else { return "longer than usual" }
        return seconds < 60 ? "less than a minute left" : "about \((seconds + 30) / 60) min left"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
