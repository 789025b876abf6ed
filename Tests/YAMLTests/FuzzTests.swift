import FoundationEssentials
import Seeded
import Testing
import YAML

@Suite(.timeLimit(.minutes(5))) struct FuzzTests {
    static let files = ["provisioning.example.yaml", "server-types.example.yaml"]

    @Test(arguments: files)
    func `every truncation of an example is read or refused`(file: String) throws {
        let bytes = try example(file)
        for length in bytes.indices { parse(Array(bytes[..<length])) }
    }

    @Test(arguments: files)
    func `ten thousand mutations of an example are read or refused`(file: String) throws {
        let whole = try example(file)
        let bare = withoutComments(whole)
        var random = Seeded(state: 20_261_120)
        for round in 0..<10_000 {
            var bytes = round.isMultiple(of: 2) ? whole : bare
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
            parse(bytes)
        }
    }

    static let tedious = [
        "[", "{", "- ", "? ", ": ", "a: ", "a: {", "{a: [", "a:\n", "- - ", "\"", "'", "\"\\x41", "&a ", "!a ", "*a ",
        "|\n", "#", "\n", "\r", " ", "\t", "%", "---\n", "...\n", "[],", "{},", "a,", "k: [", "ä",
    ]

    @Test(arguments: tedious)
    func `a mebibyte of one thing is read or refused in good time`(piece: String) {
        let text = String(repeating: piece, count: (1 << 20) / piece.utf8.count - 4)
        parse(Array(text.utf8))
        parse(Array("a: [\(text)".utf8))
    }

    private func parse(_ bytes: [UInt8]) {
        do throws(YAMLError) {
            _ = try Node(parsing: bytes.span, file: "f")
        } catch {
            #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty)
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout Seeded) {
        let place = Int.random(in: bytes.indices, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.insert(significant[Int.random(in: significant.indices, using: &random)], at: place)
        case 2: bytes.removeSubrange(place..<min(end, bytes.count - 1))
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        default: bytes[place] = significant[Int.random(in: significant.indices, using: &random)]
        }
    }

    /// Most of an example is comments, in which a mutation changes little.
    private func withoutComments(_ bytes: [UInt8]) -> [UInt8] {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { !$0.contains(UInt8(ascii: "#")) }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    private let significant = Array("\n\r\t :-?,[]{}#&*!|>'\"%@`\\~<.\0\u{85}\u{FEFF}".utf8)

    private func example(_ name: String) throws -> [UInt8] {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/\(name)")
        return Array(try Data(contentsOf: url))
    }
}
