import Model
import Testing

@testable import Rehearsal

@Suite struct BootArchiveTests {
    static let mode = """
        # sprout
        mode = "http"
        partition_label = "proxmox-ais"

        [http]
        url = "http://10.20.0.2/api/boot/answer?token=abc"
        token = "abc"

        """

    /// An ISO of eight blocks whose mode file begins at its sixth, cut where 4096 bytes are full.
    static func parts(mode: String = mode, name: String = "proxmox.iso") -> (body: [UInt8], tail: [UInt8]) {
        var iso = [UInt8](repeating: 1, count: 5 * 2048)
        let text = Array(mode.utf8)
        iso += text + [UInt8](repeating: UInt8(ascii: "#"), count: 4096 - text.count)
        iso += [UInt8](repeating: 0, count: 8 * 2048 - iso.count)
        let whole = header(name, iso.count) + iso + header("TRAILER!!!", 0)
        return (Array(whole[..<8192]), Array(whole[8192...]))
    }

    static func header(_ name: String, _ size: Int) -> [UInt8] {
        let fields = [1, 0o100444, 0, 0, 1, 0, size, 0, 0, 0, 0, name.utf8.count + 1, 0]
        var bytes = Array("070701".utf8)
        for field in fields {
            let digits = String(field, radix: 16)
            bytes += Array((String(repeating: "0", count: 8 - digits.count) + digits).utf8)
        }
        bytes += Array(name.utf8) + [0]
        return bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    @Test func `body and tail are one file in the kernel's memory, with a mode file in the tail (P16)`() throws {
        let (body, tail) = Self.parts()
        let archive = try BootArchive(beginning: body, bodySize: body.count, tail: tail)
        #expect(archive.isoSize == 8 * 2048 && archive.isoOffset == 124)
        #expect(try BootArchive(bodySize: body.count, tail: tail) == archive)
        let file = try archive.modeFile(bodySize: body.count, tail: tail)
        #expect(file.mode == "http" && file.token == "abc")
        #expect(file.url == "http://10.20.0.2/api/boot/answer?token=abc")
    }

    @Test func `what a kernel would not find is told`() throws {
        let (body, tail) = Self.parts()
        func reason(_ body: [UInt8], _ tail: [UInt8]) -> String {
            do throws(BootArchive.Malformed) {
                _ = try BootArchive(beginning: body, bodySize: body.count, tail: tail)
                return ""
            } catch {
                return error.description
            }
        }
        #expect(reason([1] + body.dropFirst(), tail).contains("does not begin with the header"))
        #expect(reason(body.dropLast(4), tail).contains("no multiple of 4096"))
        #expect(reason(body, tail.dropLast(4)).contains("not the 16632 that an ISO of 16384 bytes takes"))
        #expect(reason(body, tail.dropLast() + [1]) == "")
        let other = Self.parts(name: "proxmoxx.iso")
        #expect(reason(other.body, other.tail).contains("has a file proxmoxx.iso"))
        var cut = tail
        cut.replaceSubrange((cut.count - 124)..<(cut.count - 118), with: Array("000000".utf8))
        #expect(reason(body, cut).contains("does not end with the end"))
    }

    @Test func `a tail without a mode file, or with a wrong one, is refused`() throws {
        for (mode, words) in [
            ("", "there is no mode file"), ("mode = \"ftp\"\n", "unknown variant `ftp`"),
            ("mode = \"http\"\nurl = \"x\"\n", "unknown field `url`"),
        ] {
            let (body, tail) = Self.parts(mode: mode)
            let archive = try BootArchive(beginning: body, bodySize: body.count, tail: tail)
            do throws(BootArchive.Malformed) {
                _ = try archive.modeFile(bodySize: body.count, tail: tail)
                Issue.record("\(mode) was taken")
            } catch {
                #expect(error.description.contains(words))
            }
        }
    }

    @Test func `a first-boot script says whom it calls`() throws {
        let script = try #require(FirstBootScript("#!/bin/sh\nset -eu\nurl='http://box/phone-home'\ntoken='abc'\n"))
        #expect(script.url == "http://box/phone-home" && script.token == "abc")
        #expect(FirstBootScript("url='a'\ntoken='b'\n") == nil)
        #expect(FirstBootScript("#!/bin/sh\nurl='a'\n") == nil)
        let machine = FakeMachine(2, type: ServerType(key: "any", bootDisk: .path("/dev/nvme0n1")))
        let plan = try Stage.outcome(Stage.answer(), .v9x2, on: machine).get()
        guard case .object(let members) = script.call(from: machine, plan) else { return }
        #expect(members["token"] == .text("abc") && members["hostname"] == .text("pve-01"))
        #expect(members["serial"] == .text("REHEARSAL-0002"))
        #expect(members["addresses"] == .list([.text("192.168.240.2/20")]))
        #expect(members["macs"] == .list([.text("02:53:50:00:00:02"), .text("02:53:50:01:00:02")]))
    }
}
