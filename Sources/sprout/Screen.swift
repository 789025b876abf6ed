import Glibc
import Linux

/// The terminal on standard error, as far as lines can be drawn anew there.
enum Screen {
    /// Where a person watches; everywhere else only what lasts is said.
    static var isThere: Bool { isatty(2) == 1 }

    /// A terminal without a cursor to move is told line after line.
    static var canRedraw: Bool { isThere && ![nil, "", "dumb"].contains(Environment["TERM"]) }

    /// Whether what is said lands on it too: what somebody else writes there is in the way of a panel.
    static var isWhole: Bool { canRedraw && isatty(1) == 1 }

    /// NO_COLOR, if it is not empty, turns colours off (no-color.org).
    static var hasColor: Bool { canRedraw && [nil, ""].contains(Environment["NO_COLOR"]) }

    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// As much of a line as there is room for: one that wraps could not be taken back.
    static func fitted(_ line: String, _ columns: Int = size.columns) -> String {
        line.count < columns ? line : line.prefix(max(0, columns - 2)) + "…"
    }
}

/// Lines below everything that was said, drawn anew in their place while something goes on.
struct Panel {
    struct Line: Equatable {
        enum Style: String { case plain = "", strong = "1", quiet = "2", good = "32", bad = "31", late = "33" }

        let text: String
        var style = Style.plain

        fileprivate var shown: String {
            Screen.hasColor && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
        }
    }

    private var drawn: [Line] = []
    private var columns = 0

    mutating func show(_ lines: [Line]) {
        guard Screen.canRedraw else { return }
        let size = Screen.size
        let fitted = lines.prefix(size.rows - 1).map {
            Line(text: Screen.fitted(Terminal.harmless($0.text), size.columns), style: $0.style)
        }
        guard fitted != drawn || size.columns != columns else { return }
        Terminal.write(erasure(size.columns) + fitted.map { $0.shown + "\n" }.joined(), to: 2)
        (drawn, columns) = (fitted, size.columns)
    }

    /// Makes room for what is said above.
    mutating func clear() {
        guard !drawn.isEmpty else { return }
        Terminal.write(erasure(Screen.size.columns), to: 2)
        drawn = []
    }

    /// In a window that became narrower, what was a line is several.
    private func erasure(_ columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1.text.count + columns - 1) / columns) }
        return rows > 0 ? "\r\u{1B}[\(rows)A\u{1B}[J" : ""
    }
}

/// How much of something is done, as a bar.
enum Bar {
    static func text(_ fraction: Double, width: Int) -> String {
        let full = min(width, max(0, Int((fraction * Double(width)).rounded(.down))))
        return String(repeating: "━", count: full) + String(repeating: "─", count: width - full)
    }

    /// With words before and after it, where the terminal is wide enough for a bar.
    static func line(_ before: String, _ fraction: Double, _ after: String) -> String {
        let room = min(30, Screen.size.columns - before.count - after.count - 6)
        return room < 8 ? "\(before)  \(after)" : "\(before)  \(text(fraction, width: room))  \(after)"
    }
}
