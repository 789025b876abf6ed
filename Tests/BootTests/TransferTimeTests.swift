import Linux
import Seeded
import Testing
import Wire

@testable import sprout_boot

@Suite struct TransferTimeTests {
    @Test func `it sends again after 1, 2, 4 and 8 seconds, and gives up within 30`() {
        var bench = Bench(5000)
        _ = bench.begin()
        _ = bench.acknowledge(1)
        for seconds in [1, 2, 4, 8, 8] {
            let (waited, step) = bench.waitOut()
            #expect(waited == .seconds(seconds))
            #expect(step.blocks == [2])
        }
        let (waited, step) = bench.waitOut()
        #expect(waited == .seconds(7))
        #expect(step.packets.isEmpty)
        #expect(step.outcome == .failed("the client fell silent after block 1 of 10"))
        #expect(bench.transfer.retransmissions == 5)
    }

    @Test func `progress makes it patient again`() {
        var bench = Bench(5000)
        _ = bench.begin()
        for block in 1...3 as ClosedRange<UInt16> {
            for seconds in [1, 2, 4] { #expect(bench.waitOut().waited == .seconds(seconds)) }
            #expect(bench.acknowledge(block).blocks == [block + 1])
        }
    }

    @Test func `before its deadline nothing happens`() {
        var bench = Bench(5000)
        _ = bench.begin()
        #expect(bench.wait(.milliseconds(999)) == Transfer.Step())
        #expect(bench.wait(.milliseconds(1)).blocks == [1])
    }

    @Test func `the options are sent again too`() {
        var bench = Bench(10, TFTPOptions(transferSize: 0))
        let first = bench.begin()
        #expect(bench.waitOut().step == first)
        #expect(bench.transfer.retransmissions == 1)
        #expect(bench.acknowledge(0).blocks == [1])
    }

    @Test func `a client that never answers is told apart from one that falls silent`() {
        for options in [TFTPOptions(), TFTPOptions(blockSize: 1024)] {
            var bench = Bench(100, options)
            _ = bench.begin()
            for _ in 0..<5 { #expect(bench.waitOut().step.outcome == nil) }
            #expect(bench.waitOut().step.outcome == .failed("the client never answered"))
        }
    }

    @Test func `the client's timeout is kept to`() {
        var bench = Bench(5000, TFTPOptions(timeout: 3))
        _ = bench.begin()
        _ = bench.acknowledge(0)
        for seconds in [3, 6, 8, 8] { #expect(bench.waitOut().waited == .seconds(seconds)) }
        let (waited, step) = bench.waitOut()
        #expect(waited == .seconds(5))
        #expect(step.outcome == .failed("the client fell silent after block 0 of 10"))
    }

    @Test(arguments: [TFTPOptions(blockSize: 1000), TFTPOptions(blockSize: 1000, windowSize: 4)])
    func `a missing last acknowledgement is no failure`(options: TFTPOptions) {
        var bench = Bench(1500, options)
        _ = bench.begin()
        _ = bench.acknowledge(0)
        if options.windowSize == nil { _ = bench.acknowledge(1) }
        for _ in 0..<3 { #expect(bench.waitOut().step.blocks.last == 2) }
        #expect(bench.waitOut().step == Transfer.Step(outcome: .finished(isConfirmed: false)))
    }

    @Test func `an error after the options is a probe, and later a failure`() {
        let abort = TFTPPacket.error(TFTPError(code: 8, text: "User aborted the transfer"))
        var bench = Bench(5000, TFTPOptions(transferSize: 0))
        _ = bench.begin()
        #expect(bench.receive(abort) == Transfer.Step(outcome: .probed))

        bench = Bench(5000, TFTPOptions(transferSize: 0))
        _ = bench.begin()
        _ = bench.acknowledge(0)
        #expect(bench.receive(abort).outcome == .failed("the client ended it: User aborted the transfer (8)"))
    }

    @Test func `packets that make no sense are ignored`() {
        var bench = Bench(5000, TFTPOptions(transferSize: 0))
        _ = bench.begin()
        let senseless: [TFTPPacket] = [
            .data(block: 1, bytes: [1]), .optionAcknowledgement(TFTPOptions(transferSize: 1)),
            .readRequest(TFTPRequest(name: [97])), .writeRequest(TFTPRequest(name: [97])),
        ]
        for packet in senseless { #expect(bench.receive(packet) == Transfer.Step()) }
    }

    /// Packets get lost both ways at random, and every one may come twice.
    @Test(arguments: [1, 2, 4, 16], [1, 2, 3])
    func `a client has every byte in the end`(window: Int, seed: UInt64) {
        var random = Seeded(state: seed)
        let content = Bench.content(60_000)
        var bench = Bench(content.count, TFTPOptions(blockSize: 1428, windowSize: window))
        var client = Client(window: window)
        var step = bench.begin()
        while step.outcome == nil {
            let arriving = step.packets.filter { _ in Int.random(in: 0..<100, using: &random) >= 5 }
            var answers = arriving.flatMap { client.receive($0) }
            answers = answers.flatMap { Int.random(in: 0..<100, using: &random) < 5 ? [$0, $0] : [$0] }
            answers = answers.filter { _ in Int.random(in: 0..<100, using: &random) >= 5 }
            step = Transfer.Step()
            for answer in answers where step.outcome == nil {
                let next = bench.acknowledge(answer)
                step.packets += next.packets
                step.outcome = next.outcome
            }
            if step == Transfer.Step() { step = bench.waitOut().step }
        }
        #expect(client.content == content)
        if case .failed(let reason) = step.outcome { Issue.record("\(reason)") }
    }
}

/// A client that acknowledges as RFC 7440 has it: a whole window, or what it has of one when a block is missing.
private struct Client {
    let window: Int
    var content: [UInt8] = []
    var last: UInt16 = 0
    var inWindow = 0

    mutating func receive(_ packet: TFTPPacket) -> [UInt16] {
        guard case .data(let block, let bytes) = packet else { return [0] }
        guard block == last &+ 1 else {
            inWindow = 0
            return [last]
        }
        last = block
        content += bytes
        inWindow += 1
        guard inWindow == window || bytes.count < 1428 else { return [] }
        inWindow = 0
        return [last]
    }
}
