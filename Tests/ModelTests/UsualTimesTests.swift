import Testing

@testable import Model

@Suite struct UsualTimesTests {
    private static let real = UsualTimes.Kind(serverType: "ms-01", isRehearsed: false)
    private static let rehearsed = UsualTimes.Kind(serverType: "ms-01", isRehearsed: true)

    @Test(
        arguments: [
            ([60_000, 61_000], nil), ([50_000, 70_000, 60_000], 60_000), ([10_000, 20_000, 40_000, 900_000], 30_000),
        ] as [([Int64], Int64?)])
    func `what is usual is the median of three or more`(took: [Int64], expected: Int64?) throws {
        let times = UsualTimes(took.map { .init(Self.real, .installing, milliseconds: $0) })
        let host = try host(labels: [:])
        #expect(times.time(of: host, in: .installing) == expected.map { .milliseconds($0) })
        #expect(times.time(of: host, in: .joining) == nil)
    }

    @Test func `a rehearsal says nothing of real machines`() throws {
        let times = UsualTimes(Array(repeating: .init(Self.rehearsed, .installing, milliseconds: 2000), count: 3))
        #expect(times.time(of: try host(labels: [:]), in: .installing) == nil)
        #expect(times.time(of: try host(labels: ["rehearsal": "yes"]), in: .installing) == .seconds(2))
    }

    private func host(labels: [String: String]) throws -> Host {
        let mac = try MACAddress("52:54:00:12:34:56")
        let moment = Timestamp(milliseconds: 0)
        return Host(
            id: "h", hostname: try Hostname("pve-01"), mac: mac, macs: [mac], serverType: "ms-01", state: .registered,
            stateSince: moment, labels: labels, createdAt: moment)
    }
}
