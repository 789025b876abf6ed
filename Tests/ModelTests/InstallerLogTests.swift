import Model
import Testing

@Suite struct InstallerLogTests {
    private func read(
        _ body: String, run: String? = "0123456789ABCDEF", first: String? = "1", uptime: String? = "93"
    ) throws(InstallerBatch.Malformed) -> InstallerBatch {
        try InstallerBatch(run: run, first: first, uptime: uptime, body: Array(body.utf8))
    }

    @Test func `lines are read with the time at which they were written`() throws {
        let batch = try read("92.51 auto INFO: progress  42.0 % - unpacking\n93.00 agent stopped\n", first: "7")
        #expect(batch.run == "0123456789abcdef")
        #expect((batch.first, batch.uptime) == (7, 93_000))
        #expect(
            batch.lines == [
                .init(uptime: 92_510, source: .auto, text: "INFO: progress  42.0 % - unpacking"),
                .init(uptime: 93_000, source: .agent, text: "stopped"),
            ])
        #expect(try read("").lines.isEmpty)
        #expect(try read("1 low \n").lines.first?.text == "")
    }

    @Test(
        arguments: [
            ("x\n", "1", "1"), ("1 nobody x\n", "1", "1"), ("-1 auto x\n", "1", "1"), ("nan auto x\n", "1", "1"),
            ("1e99 auto x\n", "1", "1"), ("", "0", "1"), ("", "x", "1"), ("", "1", "-1"), ("", "1", "99999999999"),
            ("", nil, "1"), (String(repeating: "1 auto x\n", count: 501), "1", "1"),
        ] as [(String, String?, String?)])
    func `what is no batch is refused`(body: String, first: String?, uptime: String?) {
        #expect(throws: InstallerBatch.Malformed.self) { try read(body, first: first, uptime: uptime) }
        #expect(throws: InstallerBatch.Malformed.self) { try read("", run: "0123456789abcdeg") }
    }

    @Test func `what steers a terminal is a blank, and what is too long is cut`() throws {
        let hostile = try read("1 auto a\u{1b}[31m\u{202e}b\r<script>\n1 low \(String(repeating: "ä", count: 5000))\n")
        #expect(hostile.lines[0].text == "a [31m b <script>")
        #expect(hostile.lines[1].text.utf8.count == InstallerBatch.longestLine)
        var bytes = Array("1 auto ".utf8)
        bytes += [0xff, 0xfe, 10]
        let broken = try InstallerBatch(run: "0123456789abcdef", first: "1", uptime: "1", body: bytes)
        #expect(broken.lines[0].text == "\u{fffd}\u{fffd}")
    }

    private func progress(_ lines: (InstallerLine.Source, String)...) -> InstallerProgress {
        var progress = InstallerProgress()
        for (source, text) in lines { progress.take(.init(uptime: 0, source: source, text: text)) }
        return progress
    }

    @Test func `P6 the percentage and the sentence are the installer's own`() {
        #expect(progress((.agent, "program proxmox-fetch-answer began")).sentence == "it fetches its answer")
        let words = progress((.auto, "INFO: progress   4.0 % - creating LVs"), (.auto, "INFO: something else"))
        #expect((words.percent, words.sentence) == (4, "4 %: creating LVs"))
        #expect(progress((.auto, "INFO: progress 100.0 % - done")).sentence == "100 %: done")
        #expect(progress((.low, "INFO: progress  42.0 % - x")).percent == nil)
        #expect(progress((.auto, "INFO: progress 142.0 % - x"), (.auto, "INFO: progress x % - x")).percent == nil)
    }

    @Test func `E11 the disks of a machine are known once all of them are told`() {
        var told = progress(
            (.agent, "disk sda size 1000"), (.agent, "disk sda ID_SERIAL_SHORT S 1"), (.low, "disk sdb ID_MODEL x"),
            (.agent, "disk nvme0n1 ID_MODEL Fast_Disk"), (.agent, "disk odd"))
        #expect(told.disks == nil)
        told.take(.init(uptime: 0, source: .agent, text: "disks told"))
        #expect(told.disks?.map(\.description) == ["/dev/nvme0n1, Fast_Disk", "/dev/sda, S/N S 1"])
        for number in 0..<200 { told.take(.init(uptime: 0, source: .agent, text: "disk d\(number) ID_MODEL x")) }
        told.take(.init(uptime: 0, source: .agent, text: "disks told"))
        #expect(told.disks?.count == 64)
    }

    @Test func `E12 what lies on the disks is told as people call it, but for what nobody would miss`() {
        var told = progress(
            (.agent, "part sda sda1 size 1"), (.agent, "disk sda ID_SERIAL_SHORT S1"),
            (.agent, "part sda sda10 ID_FS_TYPE ntfs"), (.agent, "part sda sda10 size 500107862016"),
            (.agent, "part sda sda10 ID_PART_ENTRY_NAME Basic data"), (.agent, "part sda sda2 ID_FS_TYPE ext4"),
            (.agent, "part sda sda2 ID_FS_LABEL photos"),
            (.agent, "part sda sda2 mounted Tue Mar  3 10:00:00 2026"), (.agent, "part sda sda3 size 1048576"),
            (.agent, "part sda sda4 ID_FS_TYPE vfat"),
            (.agent, "part sda sda4 ID_PART_ENTRY_TYPE C12A7328-f81f-11d2-ba4b-00a0c93ec93b"),
            (.agent, "part sda sda5 ID_FS_TYPE swap"), (.agent, "part sdb sdb ID_FS_TYPE zfs_member"),
            (.agent, "disk sdb size 100"), (.agent, "part sdb sdb ID_FS_TYPE zfs_member"),
            (.agent, "part sdb sdb ID_FS_LABEL tank"), (.agent, "disk sdc size 100"),
            (.agent, "part sdc sdc ID_FS_LABEL x"), (.low, "part sdc sdc ID_FS_TYPE ntfs"))
        #expect(told.contents == nil)
        told.take(.init(uptime: 0, source: .agent, text: "disks told"))
        #expect(
            told.contents?.map { "\($0.disk.identity) \($0)" } == [
                #"S1 sda2: ext4 "photos", mounted last on Tue Mar  3 10:00:00 2026; sda3, 1 MB: something unknown; "#
                    + #"sda10, 500 GB: NTFS "Basic data""#, #"/dev/sdb sdb: ZFS pool "tank""#,
            ])
        told.take(.init(uptime: 0, source: .agent, text: "disk sdd size 100"))
        for number in 0..<200 {
            told.take(.init(uptime: 0, source: .agent, text: "part sdd sdd\(number) ID_FS_TYPE xfs"))
        }
        told.take(.init(uptime: 0, source: .agent, text: "disks told"))
        #expect(told.contents?.first?.parts.count == 32)
        #expect(told.contents?.first?.description.hasSuffix("sdd7: XFS, and 24 more") == true)
    }

    @Test func `E10 why it stopped is what it called an error last, or else what it wrote last`() {
        let error = progress(
            (.auto, "ERROR: first"), (.fetch, "ERROR: Installation failed: no disk"), (.low, "umount"),
            (.agent, "stopped"))
        #expect(error.hasStopped)
        #expect(error.reasonOfStop == "its installer stopped: Installation failed: no disk.")
        #expect(
            progress((.low, "the end."), (.low, " "), (.agent, "stopped")).reasonOfStop
                == "its installer stopped: the end.")
        #expect(progress((.auto, "stopped")).hasStopped == false)
        #expect(progress((.agent, "stopped")).reasonOfStop.hasSuffix("Read what its screen says."))
    }
}
