import Model
import Testing

@testable import sprout_web

@Suite struct TileTests {
    @Test(arguments: [(0, "0:00"), (65, "1:05"), (3599, "59:59"), (3723, "1:02:03"), (90_000, "25:00:00")])
    func `a length of time is told as a clock shows it`(seconds: Int, expected: String) {
        #expect(Elapsed.text(seconds) == expected)
    }

    @Test(
        arguments: [
            (0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (987_654, "987 kB"), (1_600_000_000, "1.6 GB"),
        ] as [(Int64, String)])
    func `a number of bytes is told with the unit that suits it`(bytes: Int64, expected: String) {
        #expect(Size.text(bytes) == expected)
    }

    @Test func `who needs a person comes first, then who failed, then who is under way`() {
        let ranks = [
            Glance(needsYou: true, isUnderWay: true, usual: nil, past: []).rank(of: .pxeReady),
            Glance(needsYou: true, isUnderWay: false, usual: nil, past: []).rank(of: .failed),
            Glance(needsYou: false, isUnderWay: true, usual: nil, past: []).rank(of: .installing),
            Glance(needsYou: false, isUnderWay: false, usual: nil, past: []).rank(of: .ready),
        ]
        #expect(ranks == [0, 1, 2, 3])
    }

    @Test func `what a tile tells of the past is told to those who do not see it too`() {
        let bar = PastBar.html(["ready", "failed", "under_way"]).description
        #expect(bar.contains("aria-label=\"The latest operations: ready, failed, under way\""))
        #expect(PastBar.html([]).description.contains("aria-label=\"Never installed\""))
    }
}
