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

    /// What is usual, beside a time that still runs; sprout.js says the same as time goes on.
    public static func words(usual: Int, after seconds: Int) -> String {
        seconds * 2 > usual * 3 ? "longer than the usual \(text(usual))" : "usually \(text(usual))"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
