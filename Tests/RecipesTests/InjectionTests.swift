import Model
import Seeded
import Testing

@testable import Recipes

/// Texts from elsewhere are shown by iPXE, and can do nothing else there.
@Suite struct InjectionTests {
    static let commands = [
        "\n#!ipxe\nshell", "|| shell", "&& chain http://evil/", "${filename}", "; reboot", "# shell", "\r\nexit",
        "`shell`",
        "\u{2028}shell", "\\", "-n --help", "\u{0}", "%0ashell", "$(shell)", "\"", "'", "\u{1B}[2J", "é\u{301}", "\t",
    ]

    /// Pieces of commands between what else a text may hold, up to ten thousand characters.
    static func text(_ random: inout Seeded) -> String {
        (0..<Int.random(in: 0...200, using: &random)).map { _ in
            Bool.random(using: &random)
                ? commands.randomElement(using: &random) ?? ""
                : String(Unicode.Scalar(UInt16.random(in: 0..<0xD800, using: &random)) ?? " ")
        }.joined()
    }

    @Test func `no reason of a failure becomes anything but a line that is shown`() throws {
        var random = Seeded(state: 7)
        let host = try BootScriptTests.host(.failed)
        let plain = Self.lines(.failed(host, reason: "x", server: BootScriptTests.server))
        for _ in 0..<2000 {
            let reason = Self.text(&random)
            let lines = Self.lines(.failed(host, reason: reason, server: BootScriptTests.server))
            #expect(lines.count == plain.count)
            for (line, expected) in zip(lines, plain) where line != expected {
                #expect(line.hasPrefix(Self.prefix) && line.utf8.count < 220)
                let shown = line.dropFirst(Self.prefix.count)
                #expect(shown.utf8.allSatisfy(Self.isHarmless), "\(shown)")
            }
        }
    }

    @Test func `whatever is taken as a loader's path is one harmless word`() throws {
        var random = Seeded(state: 8)
        var taken = 0
        for _ in 0..<5000 {
            let middle = Bool.random(using: &random) ? Self.text(&random).prefix(30) : "EFI/a-\(taken)"
            guard let file = try? LoaderFile("\\\(middle).efi") else { continue }
            taken += 1
            #expect("\(file)".utf8.count <= 127)
            #expect("\(file)".utf8.allSatisfy { Self.isHarmless($0) && $0 != 32 || $0 == UInt8(ascii: "\\") })
            let script = BootScript.local(try BootScriptTests.host(.ready, .file(file)), server: BootScriptTests.server)
            #expect(Self.lines(script).last == "sanboot --no-describe --drive 0 --filename \(file) || exit 1")
        }
        #expect(taken > 1000)
    }

    /// Only a host's own name is ever put into a script, and it is one by then.
    @Test func `no name of a host has a character that means something to iPXE`() {
        var random = Seeded(state: 9)
        for _ in 0..<5000 {
            guard let name = try? Hostname("a\(Self.text(&random).prefix(20))") else { continue }
            #expect("\(name)".utf8.allSatisfy { Self.isHarmless($0) && $0 != 32 }, "\(name)")
        }
    }

    private static let prefix = "echo Host     pve-01: failed: "

    private static func lines(_ script: BootScript) -> [String] {
        script.text.split(separator: "\n").map(String.init)
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: " .,:/_-".utf8.contains(byte)
        }
    }
}
