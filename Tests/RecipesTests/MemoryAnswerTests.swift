import Model
import Testing

@testable import Recipes

@Suite struct MemoryAnswerTests {
    /// What is in front of the places that are left empty.
    static func query(_ modules: String, empty: Int) -> [String: String] {
        ["memory": modules + String(repeating: "-", count: empty)]
    }

    static let told: [(String, Int, Int?)] = [
        ("0004", 15, 1024),
        ("0004-0004", 14, 2048),
        ("0018-0000", 14, 6144),
        ("ff7f", 15, 32767),
        ("0082", 15, 0),
        ("00a0-0004", 14, 1032),
        ("ffff-0004", 14, nil),
        ("", 15, nil),
        ("x", 15, nil),
        ("+001", 15, nil),
        ("0004", 3, nil),
        (Array(repeating: "0000", count: 15).joined(separator: "-") + "-0004", 0, nil),
        (Array(repeating: "0004", count: 16).joined(separator: "-"), 0, 16384),
    ]

    @Test(arguments: told)
    func `E8: the sizes of the modules are added, and what is not told is not guessed`(
        modules: String, empty: Int, expected: Int?
    ) {
        let memory = MemoryAnswer.memory(in: Self.query(modules, empty: empty))
        #expect(memory?.mebibytes == (expected == 0 ? nil : expected))
        #expect(MemoryAnswer.isGiven(in: Self.query(modules, empty: empty)))
    }

    @Test func `E8: 6144 MiB are enough, one less is not`() {
        #expect(MemoryAnswer.memory(in: Self.query("0018", empty: 15)) == .leastForProxmox)
        #expect(MemoryAnswer.memory(in: Self.query("ff17", empty: 15)) == .init(mebibytes: 6143))
        #expect(!MemoryAnswer.isGiven(in: [:]))
    }
}
