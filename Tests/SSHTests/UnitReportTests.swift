import Seeded
import Testing

@testable import SSH

@Suite struct UnitReportTests {
    static let states: [(String, UnitState)] = [
        ("LoadState=not-found\nActiveState=inactive\nSubState=dead", .unknown),
        ("LoadState=loaded\nActiveState=activating\nSubState=start\nResult=success", .running),
        ("LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\nExecMainCode=0", .running),
        ("LoadState=loaded\nActiveState=active\nSubState=exited\nExecMainCode=1\nExecMainStatus=0", .ended(.exited(0))),
        ("LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainCode=1\nExecMainStatus=7", .ended(.exited(7))),
        (
            "LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainCode=2\nExecMainStatus=9\nSignal=KILL",
            .ended(.killed(signal: "KILL"))
        ),
        (
            "LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=resources\nExecMainCode=0\nExecMainStatus=0",
            .failed(reason: "resources")
        ),
    ]

    @Test(arguments: states)
    func `a unit's state is read from what systemctl shows`(text: String, state: UnitState) {
        var report = UnitReport()
        #expect(report.add(Array(text.utf8)) == [] && report.state == nil)
        #expect(report.add(Array("\n\n".utf8)) == [] && report.state == state)
    }

    private static let report = """
        LoadState=loaded
        ActiveState=active
        Start=1000

        {"__CURSOR":"0","MESSAGE":"of an earlier unit","__MONOTONIC_TIMESTAMP":"999"}
        {"__CURSOR":"a","MESSAGE":"one = 1","__MONOTONIC_TIMESTAMP":"1000"}
        {"__CURSOR":"b","MESSAGE":[27,91,49,109,116,119,111,195,188],"__MONOTONIC_TIMESTAMP":"1001"}
        {"__CURSOR":"c","MESSAGE":null,"__MONOTONIC_TIMESTAMP":"1001"}
        nonsense
        {"__CURSOR":"d","MESSAGE":"","__MONOTONIC_TIMESTAMP":"1002"}

        """

    @Test func `lines of the journal are read wherever they are cut`() {
        let lines = [("a", "one = 1"), ("b", "[1mtwoü"), ("d", "")].map { JournalLine(cursor: $0.0, text: $0.1) }
        for size in 1...7 {
            var (report, rest) = (UnitReport(), Array(Self.report.utf8)[...])
            var read: [JournalLine] = []
            while !rest.isEmpty {
                read += report.add(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(read == lines && report.state == .running)
        }
    }

    @Test func `whatever another machine sends is read or left out`() {
        var random = Seeded(state: 20_261_124)
        for _ in 0..<mutations {
            var bytes = Array(Self.report.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var report = UnitReport()
            #expect(report.add(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))).count <= 4)
            _ = report.state
        }
    }
}
