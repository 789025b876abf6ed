import Linux
import Testing

@testable import sprout

@Suite struct CommandTests {
    private func parse(_ verb: Verb, _ words: String...) throws -> Invocation {
        try Command.parse(words, verb, try Reactor())
    }

    @Test func `options and operands come in any order`() throws {
        let invocation = try parse(.hostsAdd, "--mac", "a", "pve-1", "--label=x=y", "--mac", "b", "-o", "json")
        #expect(invocation.operands == ["pve-1"])
        #expect(invocation.values["--mac"] == ["a", "b"])
        #expect(invocation.values["--label"] == ["x=y"])
        #expect(invocation.isJSON)
    }

    static let wrong: [([String], String)] = [
        (["--nonsense"], "there is no option --nonsense here"), (["--mac"], "--mac needs a value: MAC"),
        (["--type", "a", "--type", "b"], "--type is given twice"), (["a", "b"], "\"b\" is one word too many"),
        (["-o", "xml"], "-o is \"xml\"; it can be json or text"),
    ]

    @Test(arguments: wrong)
    func `wrong use is told with what would be right`(words: [String], sentence: String) throws {
        let error = #expect(throws: UsageError.self) { try Command.parse(words, .hostsAdd, try Reactor()) }
        #expect(error?.description.hasPrefix(sentence) == true)
        #expect(error?.verb?.name == "hosts add")
    }

    @Test func `an operand that is missing is named`() {
        #expect(throws: UsageError.self) { try parse(.hostsShow) }
        #expect(throws: UsageError.self) { try parse(.hostsRemove, "--yes=no", "a") }
    }

    @Test(arguments: Verb.all.map(\.name))
    func `every verb has help with an example that begins with its name`(name: String) throws {
        let verb = try #require(Verb.all.first { $0.name == name })
        #expect(verb.example.hasPrefix("sprout \(name)"))
        #expect(Help.of(verb).contains(verb.summary))
        #expect(Help.overview.contains("sprout \(name)"))
    }

    @Test func `no line of help is wider than a terminal of 120 columns`() {
        let texts = [Help.overview] + Verb.all.map(Help.of)
        for line in texts.joined(separator: "\n").split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
    }

    static let listens: [(String, Address?)] = [
        ("8080", .tcp(host: "127.0.0.1", port: 8080)), ("0.0.0.0:80", .tcp(host: "0.0.0.0", port: 80)),
        ("[::]:80", .tcp(host: "::", port: 80)), ("0", nil), ("host", nil), ("70000", nil), ("", nil),
    ]

    @Test(arguments: listens)
    func `a listening address is read, or refused`(text: String, expected: Address?) {
        #expect((try? Verb.listenAddress(text)) == expected)
    }
}

@Suite struct LinesTests {
    static let lines = [
        ("<3>bad", 3, "bad"), ("<9>odd", 6, "<9>odd"), ("plain", 6, "plain"), ("<", 6, "<"), ("", 6, ""),
        ("2026/11/20 19:50:59 [warn] 42#42: *1 upstream: gone", 4, "*1 upstream: gone"),
        ("2026/11/20 19:50:59 [notice] 42#42: using inherited sockets", 7, "using inherited sockets"),
        ("2026/11/20 19:50:59 [odd] 42#42: a b", 6, "2026/11/20 19:50:59 [odd] 42#42: a b"),
    ]

    @Test(arguments: lines)
    func `a priority is taken off its line`(line: String, priority: Int, text: String) {
        #expect(Lines.split(line) == (priority, text))
    }

    @Test func `what came over the network cannot steer the terminal`() {
        #expect(Terminal.harmless("a\u{1B}[2Jb\u{9B}c\r\nd") == "a?[2Jb?c??d")
    }

    @Test func `a table is as wide as its cells`() {
        #expect(Terminal.table([["A", "BB"], ["ccc", ""]]) == "A    BB\nccc")
    }
}

@Suite struct PortHolderTests {
    @Test func `listening sockets are found in the kernel's table`() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0
               1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0
               2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0
            """
        #expect(PortHolder.inodes(listeningOn: 8080, in: table) == ["4711"])
        #expect(PortHolder.inodes(listeningOn: 80, in: table) == ["4713"])
    }
}
