import CYAML

/// The bytes being parsed, to say in a person's words what libyaml stumbled over.
struct Source {
    let bytes: UnsafeBufferPointer<UInt8>
    let file: String

    func refusal(_ message: String, _ mark: Mark) -> YAMLError { YAMLError(message, in: file, at: mark) }

    func failure(_ parser: yaml_parser_t) -> YAMLError {
        switch parser.error {
        case YAML_READER_ERROR: unreadable(parser)
        case YAML_MEMORY_ERROR: refusal("out of memory", .start)
        default: misplaced(parser)
        }
    }

    /// A byte that is no text: libyaml gives only its offset.
    private func unreadable(_ parser: yaml_parser_t) -> YAMLError {
        let before = bytes.prefix(parser.problem_offset)
        let line = before.lazy.filter { $0 == Self.newline }.count + 1
        let column = before.reversed().prefix { $0 != Self.newline }.lazy.filter(Self.beginsCharacter).count + 1
        let problem = parser.problem.map { String(cString: $0) } ?? ""
        let hint = problem.hasPrefix("control") ? "delete this character" : "save the file as UTF-8"
        return refusal("\(problem)\(Self.hexadecimal(parser.problem_value)): \(hint)", Mark(line: line, column: column))
    }

    private func misplaced(_ parser: yaml_parser_t) -> YAMLError {
        let problem = parser.problem.map { String(cString: $0) } ?? "this is not YAML"
        let context = parser.context.map { String(cString: $0) }
        let mark = Mark(parser.problem_mark)
        let began = Mark(parser.context_mark)
        if let mistake = mistakeAtBeginning(context, problem) { return refusal(mistake, began) }
        let advice = advice(on: problem, at: parser.problem_mark).map { ": \($0)" } ?? ""
        guard let context, began != mark else { return refusal(problem + advice, mark) }
        let opening = "\(context) that began on line \(began.line), column \(began.column)"
        return refusal("\(problem), \(opening)\(advice)", mark)
    }

    /// The mistake where libyaml gives up lines after it, and a person must look where it began.
    private func mistakeAtBeginning(_ context: String?, _ problem: String) -> String? {
        switch (context, problem) {
        case ("while scanning a quoted scalar", "found unexpected end of stream"):
            "the quote opened here is never closed"
        case ("while scanning a simple key", "could not find expected ':'"):
            "this line is no key: write key: value, and check the quotes above it"
        default: nil
        }
    }

    private func advice(on problem: String, at mark: yaml_mark_t) -> String? {
        switch problem {
        case "found character that cannot start any token":
            character(at: mark.index) == Self.tab ? "indent with spaces, not tabs" : "put the text in quotes"
        case "mapping values are not allowed in this context":
            "check the indentation, and put text that contains a colon and a space in quotes"
        case "did not find expected key": "check the indentation, and the quotes"
        default: nil
        }
    }

    private func character(at index: Int) -> UInt8? {
        bytes.lazy.filter(Self.beginsCharacter).dropFirst(index).first
    }

    private static func beginsCharacter(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

    private static func hexadecimal(_ value: Int32) -> String {
        value < 0 ? "" : " (0x\(String(value, radix: 16, uppercase: true)))"
    }

    private static let newline = UInt8(ascii: "\n")
    private static let tab = UInt8(ascii: "\t")
}
