import Seeded
import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct FuzzTests {
    static let files = [Example.provisioning, Example.serverTypes]

    @Test(arguments: files)
    func `every truncation of an example is read or refused`(file: String) throws {
        // Each truncation is read from its beginning: of what is only explained, one line is as good as all.
        let lines = Example.allInUse(try Example.text(file)).split(separator: "\n")
        let said = lines.filter { $0.first { $0 != " " } != "#" }
        let text = (lines.prefix(1) + said).joined(separator: "\n")
        for length in 0..<text.utf8.count { parse(String(decoding: text.utf8.prefix(length), as: UTF8.self)) }
    }

    @Test(arguments: files)
    func `ten thousand mutations of an example are read or refused`(file: String) throws {
        let lines = Example.allInUse(try Example.text(file)).split(separator: "\n").filter { !$0.contains("#") }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        var random = Seeded(state: 20_261_120)
        for _ in 0..<10_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&mutated, &random) }
            parse(String(decoding: mutated, as: UTF8.self))
        }
    }

    static let tedious = [
        "infrastructure:\n  server_type_map:\n" + (0..<40_000).map { "    t\($0): x\n" }.joined(),
        (0..<10_000).map { "enabel\($0): 1\n" }.joined(),
        "server_types:\n" + (0..<5_000).map { "  t\($0): {gpu: yes, x: 1}\n" }.joined(),
        "server_types:\n  a:\n    display_name: \"" + String(repeating: "e\u{301}", count: 300_000) + "\"\n",
    ]

    @Test(arguments: tedious.indices)
    func `a large file is read or refused in good time`(index: Int) {
        parse(Self.tedious[index])
    }

    /// Each file is also read as the other one: a person may well mix them up.
    private func parse(_ text: String) {
        do throws(Diagnostics) {
            _ = try Provisioning(parsing: text, file: "f")
        } catch {
            check(error)
        }
        do throws(Diagnostics) {
            _ = try ServerTypes(parsing: text, file: "f")
        } catch {
            check(error)
        }
    }

    private func check(_ diagnostics: Diagnostics) {
        #expect(!diagnostics.all.isEmpty)
        let isInOrder = zip(diagnostics.all, diagnostics.all.dropFirst()).allSatisfy { $0.line <= $1.line }
        #expect(isInOrder)
        let isEachOneLine = diagnostics.all.allSatisfy { !$0.description.utf8.contains(UInt8(ascii: "\n")) }
        #expect(isEachOneLine)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout Seeded) {
        let place = Int.random(in: bytes.indices, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...20, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes[place] = significant[Int.random(in: significant.indices, using: &random)]
        case 2: bytes.removeSubrange(place..<min(end, bytes.count - 1))
        default: bytes.insert(contentsOf: bytes[place..<end], at: place)
        }
    }

    private let significant = Array("\n :-[]{}'\"@/.$019azAZ_".utf8)
}
