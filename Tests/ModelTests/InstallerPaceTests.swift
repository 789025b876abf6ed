import Testing

@testable import Model

@Suite struct InstallerPaceTests {
    /// What Proxmox's installer and the agent beside it write, with the seconds at which they do.
    private static let log: [(Double, InstallerLine.Source, String)] = [
        (20, .agent, "started 1"),
        (24, .agent, "network 10.0.0.9/24 eno1"),
        (27, .agent, "program proxmox-fetch-answer began"),
        (28, .fetch, "INFO: fetching the answer"),
        (30, .agent, "program proxmox-auto-installer began"),
        (30.5, .auto, "INFO: Starting auto installer"),
        (31, .agent, "program proxmox-low-level-installer began"),
        (32, .auto, "INFO: progress   0.0 % - cleanup root-disks"),
        (33, .auto, "INFO: progress   2.0 % - create partitions"),
        (34, .auto, "INFO: progress   3.0 % - create LVs"),
        (36, .auto, "INFO: progress   4.5 % - creating root filesystems"),
        (39, .auto, "INFO: progress  25.0 % - mounting target /dev/pve/root"),
        (40, .auto, "INFO: progress  25.0 % - extracting base system"),
        (70, .auto, "INFO: progress  42.5 % - "),
        (90, .auto, "INFO: progress  50.0 % - configuring base system"),
        (91, .low, "extracting: grub-common_2.12_amd64.deb"),
        (92, .auto, "INFO: progress  50.4 % - extracting grub-common_2.12_amd64.deb"),
        (120, .auto, "INFO: progress  75.0 % - "),
        (121, .auto, "INFO: progress  75.1 % - configuring grub-common"),
        (150, .auto, "INFO: progress  95.0 % - configuring pve-manager"),
        (151, .auto, "INFO: progress  99.0 % - make system bootable"),
        (190, .auto, "INFO: progress 100.0 % - "),
        (191, .auto, "INFO: Installation done."),
        (192, .agent, "program proxmox-post-hook began"),
    ]

    /// The progress of a machine that takes `factor` times as long, as far as it is told in `seconds` of the log.
    private static func progress(until seconds: Double = 1000, factor: Double = 1) throws -> InstallerProgress {
        let lines = log.filter { $0.0 <= seconds }.map { time, source, text in
            InstallerBatch.Line(uptime: Int64(time * factor * 1000), source: source, text: text)
        }
        let batch = InstallerBatch(
            run: "0123456789abcdef", first: 1, uptime: Int64(min(seconds, 192) * factor * 1000), lines: lines)
        var progress = InstallerProgress()
        progress.pace = InstallerPace(try #require(lines.first), of: batch, at: now)
        for line in lines { progress.take(line) }
        return progress
    }

    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func usual(_ factors: Double...) throws -> UsualPace {
        UsualPace(try factors.compactMap { try progress(factor: $0).pace?.ended(at: now) })
    }

    @Test func `P6 the stages of an installation are told apart by what is written`() throws {
        let pace = try #require(try Self.progress().pace)
        #expect(
            pace.stages == [
                .start: 0, .network: 4000, .answer: 7000, .partitioning: 12_000, .unpacking: 20_000, .packages: 70_000,
                .bootLoader: 131_000, .done: 171_000,
            ])
        #expect(pace.latest == .done)
        #expect(pace.startedAt == Self.now + .seconds(-172))
        #expect(pace.twentieths.count == 21)
        #expect((pace.twentieths[0], pace.twentieths[5], pace.twentieths[8]) == (12_000, 19_000, 50_000))
    }

    @Test(
        arguments: [
            (.low, "INFO: progress  42.0 % - extracting base system", nil), (.auto, "INFO: progress  42.0 % - ", nil),
            (.auto, "network is up", nil), (.agent, "INFO: Installation done.", nil), (.agent, "networks", nil),
            (.auto, "INFO: progress   3.0 % - create rpool", .partitioning),
            (.auto, "INFO: progress  51.0 % - extracting zfs-initramfs_2.3_all.deb", .packages),
            (.auto, "INFO: progress  63.0 % - unpacking base system", .unpacking),
        ] as [(InstallerLine.Source, String, InstallerStage?)])
    func `a stage begins by nothing but its own words`(
        source: InstallerLine.Source, text: String, expected: InstallerStage?
    ) {
        #expect(InstallerStage(.init(uptime: 0, source: source, text: text)) == expected)
    }

    @Test func `a stage that was left does not come back, and what goes on unsaid keeps its words`() throws {
        var progress = try Self.progress(until: 70)
        #expect((progress.pace?.latest, progress.sentence) == (.unpacking, "42 %: extracting base system"))
        progress.take(.init(uptime: 71_000, source: .auto, text: "INFO: progress  43.0 % - create partitions"))
        #expect(progress.pace?.stages[.partitioning] == 12_000)
        #expect(progress.pace?.latest == .unpacking)
    }

    @Test func `what is left is the median of what others took from there on`() throws {
        let usual = try Self.usual(1, 2, 4)
        let pace = try #require(try Self.progress(until: 70).pace)
        // The machine in the middle needs 242 s from 40 % on.
        #expect(usual.left(of: pace, at: Self.now) == .seconds(242))
        #expect(usual.left(of: pace, at: Self.now + .seconds(100)) == .seconds(142))
        #expect(
            usual.left(of: pace, at: Self.now + .seconds(-5)) == .seconds(242), "a clock that is set back adds nothing")
        #expect(usual.left(of: pace, at: Self.now + .seconds(1000)) == .zero)
        #expect(usual.time(of: .unpacking) == .seconds(100))
        #expect(usual.whole == .seconds(342))
        let early = try #require(try Self.progress(until: 30).pace)
        #expect(usual.left(of: early, at: Self.now) == nil, "nothing is told of how far it is")
    }

    @Test func `two installations say nothing of what is usual`() throws {
        let usual = try Self.usual(1, 2)
        let pace = try #require(try Self.progress(until: 70).pace)
        #expect(usual.left(of: pace, at: Self.now) == nil)
        #expect(usual.whole == nil && usual.time(of: .unpacking) == nil)
    }

    @Test func `an end that was not told is when the host was reported, and without a percentage nothing is learned`()
        throws
    {
        let untold = try #require(try Self.progress(until: 190).pace)
        #expect(untold.ended(at: Self.now + .seconds(3))?.stages[.done] == 173_000)
        #expect(untold.ended(at: Self.now + .seconds(-60)) == nil, "the clock was set")
        #expect(try Self.progress(until: 31).pace?.ended(at: Self.now) == nil)
    }

    @Test func `clients are told what was gone through, what is to come, and for how long it is at work`() throws {
        let report = InstallerReport(
            operation: "o", host: "h", progress: try Self.progress(until: 70), heardAt: Self.now, lines: 1, revision: 1)
        let live = LiveProgress(report, isAtWork: true, try Self.usual(1, 2, 4), now: Self.now)
        #expect(live.words == "42 %: extracting base system · about 4 min left")
        #expect((live.left, live.usual) == (242, 342))
        #expect(live.stages.map(\.stage) == InstallerStage.way)
        #expect(live.stages.map { $0.startedAt != nil } == [true, true, true, true, true, false, false])
        #expect(live.stages[4].startedAt == Self.now + .seconds(-30))
        #expect((live.stages[4].endedAt, live.stages[4].usual) == (nil, 100))
        #expect(live.stages[3].endedAt == live.stages[4].startedAt)
        let over = LiveProgress(report, isAtWork: false, try Self.usual(1, 2, 4), now: Self.now)
        #expect(over.left == nil && over.stages.count == 5)
        #expect(LiveProgress(report, isAtWork: true, nil, now: Self.now).words == report.progress.sentence)
    }

    @Test(
        arguments: [
            (-5, "longer than usual"), (0, "longer than usual"), (1, "less than a minute left"),
            (59, "less than a minute left"), (60, "about 1 min left"), (89, "about 1 min left"),
            (90, "about 2 min left"), (3900, "about 65 min left"),
        ])
    func `what is left is told as roughly as it is known`(seconds: Int, expected: String) {
        #expect(Elapsed.words(left: seconds) == expected)
    }

    @Test(arguments: [(0, false), (65, false), (130, false), (131, true)])
    func `E9 more than twice the usual is longer than usual`(seconds: Int, isLong: Bool) {
        #expect(Elapsed.isLong(seconds, usual: 65) == isLong)
        #expect(Elapsed.words(usual: 65, after: seconds) == (isLong ? "longer than the usual 1:05" : "usually 1:05"))
    }
}
