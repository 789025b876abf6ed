import Glibc

/// What people see, and what they type.
enum Terminal {
    static func say(_ text: String) { write(text + "\n", to: 1) }
    static func complain(_ text: String) { write(text + "\n", to: 2) }

    /// A line that the next one takes the place of; only where a person watches.
    static func status(_ line: String) {
        guard Screen.canRedraw else { return }
        write("\r\u{1B}[K\(Screen.fitted(line))", to: 2)
    }

    /// A sentence that does not end what is under way.
    static func remark(_ sentence: String) {
        status("")
        complain(sentence)
    }

    static var isInteractive: Bool { isatty(0) == 1 && isatty(2) == 1 }

    /// Asks a question and gives the line typed, or nil at the end of the input.
    static func ask(_ question: String) -> String? {
        _ = question.withCString { Glibc.write(2, $0, strlen($0)) }
        return readLine()
    }

    /// The same, while what is typed is not shown.
    private static func askHidden(_ question: String) -> String? {
        var before = termios()
        guard tcgetattr(0, &before) == 0 else { return ask(question) }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(0, TCSAFLUSH, &before)
            complain("")
        }
        return ask(question)
    }

    /// A secret: typed without being shown, or else all of standard input without its last line end; nil if that is nothing.
    static func secret(_ question: String) -> String? {
        guard let typed = isInteractive ? askHidden(question) : readAll() else { return nil }
        let text = typed.hasSuffix("\n") ? String(typed.dropLast()) : typed
        return text.isEmpty ? nil : text
    }

    /// All of standard input, as text.
    private static func readAll() -> String? {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }

    /// Rows as columns wide enough for their widest cell.
    static func table(_ rows: [[String]]) -> String {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { Help.padded($0, $1) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    /// Whatever came over the network must not be able to steer the terminal.
    static func harmless(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }

    static func write(_ text: String, to descriptor: CInt) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
