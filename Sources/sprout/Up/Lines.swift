import Glibc
import Linux

/// Merges what the children say into lines that tell who said what, and when.
enum Lines {
    /// Reads a child's output to its end.
    static func passOn(_ stream: Linux.Stream, from name: String) async {
        var input: [UInt8] = []
        while (try? await stream.read(into: &input)) == true {
            while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
                say(name, String(decoding: input[..<end], as: UTF8.self))
                input.removeSubrange(...end)
            }
            // Somebody who never ends a line must not fill our memory.
            if input.count > 65536 { input.removeAll() }
        }
        if !input.isEmpty { say(name, String(decoding: input, as: UTF8.self)) }
    }

    /// Says one line; a `<3>` at its start is its priority, as sd-daemon(3) has it.
    ///
    /// Small talk is left out.
    static func say(_ name: String, _ line: String) {
        let (priority, text) = split(line)
        guard priority <= 6 else { return }
        let (start, end) = isTerminal ? (colours[priority] ?? "", "\u{1B}[0m") : ("", "")
        Terminal.complain("\(timeOfDay()) \(Help.padded(name, 12)) \(start)\(Terminal.harmless(text))\(end)")
    }

    static func split(_ line: String) -> (priority: Int, text: String) {
        let characters = Array(line.prefix(3))
        if characters.count == 3, characters[0] == "<", characters[2] == ">", let priority = Int(String(characters[1])),
            (0...7).contains(priority)
        {
            return (priority, String(line.dropFirst(3)))
        }
        return splitNginx(line) ?? (6, line)
    }

    /// The form of nginx: `2026/11/20 19:50:59 [error] 42#42: *49 what happened`.
    private static func splitNginx(_ line: String) -> (priority: Int, text: String)? {
        let words = line.split(separator: " ", maxSplits: 4)
        guard words.count == 5, words[2].hasPrefix("["), words[2].hasSuffix("]"), words[3].contains("#") else {
            return nil
        }
        let levels = ["[emerg]": 3, "[alert]": 3, "[crit]": 3, "[error]": 4, "[warn]": 4, "[notice]": 7, "[info]": 7]
        return levels[String(words[2])].map { ($0, String(words[4])) }
    }

    private static func timeOfDay() -> String {
        var seconds = time_t(WallClock.milliseconds() / 1000)
        var local = tm()
        localtime_r(&seconds, &local)
        return [local.tm_hour, local.tm_min, local.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    private static let isTerminal = isatty(2) == 1
    private static let colours = [3: "\u{1B}[31m", 4: "\u{1B}[33m", 5: "\u{1B}[1m"]
}
