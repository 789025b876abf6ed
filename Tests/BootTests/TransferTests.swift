import Linux
import Testing
import Wire

@testable import sprout_boot

/// A transfer and a clock that is moved by hand.
struct Bench {
    private(set) var transfer: Transfer
    private(set) var now = SuspendingClock.now

    init(_ size: Int, _ options: TFTPOptions = TFTPOptions()) {
        transfer = Transfer(of: Self.content(size), options: options, at: now)
    }

    static func content(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    mutating func begin() -> Transfer.Step { transfer.begin(at: now) }

    mutating func acknowledge(_ block: UInt16) -> Transfer.Step {
        transfer.received(.acknowledgement(block: block), at: now)
    }

    mutating func receive(_ packet: TFTPPacket) -> Transfer.Step { transfer.received(packet, at: now) }

    /// Moves the clock to the transfer's deadline, and gives the time that passed.
    mutating func waitOut() -> (waited: Duration, step: Transfer.Step) {
        let waited = now.duration(to: transfer.deadline)
        now = transfer.deadline
        return (waited, transfer.timePassed(at: now))
    }

    mutating func wait(_ duration: Duration) -> Transfer.Step {
        now += duration
        return transfer.timePassed(at: now)
    }
}

extension Transfer.Step {
    /// The numbers of the blocks that are sent; nothing else is.
    var blocks: [UInt16] {
        packets.compactMap { packet in
            guard case .data(let block, _) = packet else { return nil }
            return block
        }
    }
}

@Suite struct TransferTests {
    static let terms: [(TFTPOptions, Int, Int, TFTPOptions)] = [
        (TFTPOptions(), 512, 1, TFTPOptions()),
        (TFTPOptions(blockSize: 8), 8, 1, TFTPOptions(blockSize: 8)),
        (TFTPOptions(blockSize: 1468), 1468, 1, TFTPOptions(blockSize: 1468)),
        (TFTPOptions(blockSize: 1469), 1468, 1, TFTPOptions(blockSize: 1468)),
        (TFTPOptions(blockSize: 65464), 1468, 1, TFTPOptions(blockSize: 1468)),
        (TFTPOptions(transferSize: 0), 512, 1, TFTPOptions(transferSize: 1000)),
        (TFTPOptions(transferSize: 77), 512, 1, TFTPOptions(transferSize: 1000)),
        (TFTPOptions(timeout: 3), 512, 1, TFTPOptions(timeout: 3)),
        (TFTPOptions(timeout: 9), 512, 1, TFTPOptions()),
        (TFTPOptions(windowSize: 4), 512, 4, TFTPOptions(windowSize: 4)),
        (TFTPOptions(windowSize: 65535), 512, 16, TFTPOptions(windowSize: 16)),
    ]

    @Test(arguments: terms)
    func `only what was asked for is granted`(asked: TFTPOptions, blockSize: Int, window: Int, answer: TFTPOptions) {
        let terms = Transfer.Terms(asked: asked, size: 1000)
        #expect(terms.blockSize == blockSize)
        #expect(terms.windowSize == window)
        #expect(terms.answer == answer)
    }

    @Test func `without options the first block is the answer`() {
        var bench = Bench(600)
        let content = Bench.content(600)
        #expect(bench.begin().packets == [.data(block: 1, bytes: content[..<512])])
        #expect(bench.acknowledge(1).packets == [.data(block: 2, bytes: content[512...])])
        #expect(bench.acknowledge(2) == Transfer.Step(outcome: .finished(isConfirmed: true)))
    }

    @Test func `with options their acknowledgement comes first`() {
        var bench = Bench(10, TFTPOptions(blockSize: 1432, transferSize: 0))
        #expect(bench.begin().packets == [.optionAcknowledgement(TFTPOptions(blockSize: 1432, transferSize: 10))])
        #expect(bench.acknowledge(1) == Transfer.Step())
        #expect(bench.acknowledge(0).packets == [.data(block: 1, bytes: Bench.content(10)[...])])
        #expect(bench.acknowledge(1) == Transfer.Step(outcome: .finished(isConfirmed: true)))
    }

    @Test(arguments: [0, 512, 1024])
    func `a file that fills its blocks ends with an empty one`(size: Int) {
        var bench = Bench(size)
        var step = bench.begin()
        for block in 1...UInt16(size / 512) + 1 {
            #expect(step.blocks == [block])
            if block == size / 512 + 1 { #expect(step.packets == [.data(block: block, bytes: [])]) }
            step = bench.acknowledge(block)
        }
        #expect(step.outcome == .finished(isConfirmed: true))
    }

    @Test func `a duplicate acknowledgement sends nothing`() {
        var bench = Bench(5000, TFTPOptions(blockSize: 1000))
        _ = bench.begin()
        #expect(bench.acknowledge(0).blocks == [1])
        #expect(bench.acknowledge(0) == Transfer.Step())
        #expect(bench.acknowledge(1).blocks == [2])
        let deadline = bench.transfer.deadline
        for block: UInt16 in [1, 0, 1, 3, 65535] { #expect(bench.acknowledge(block) == Transfer.Step()) }
        #expect(bench.transfer.deadline == deadline)
        #expect(bench.transfer.retransmissions == 0)
    }

    @Test func `a window goes out at once, and the next when it is acknowledged`() {
        var bench = Bench(9500, TFTPOptions(blockSize: 1000, windowSize: 4))
        _ = bench.begin()
        #expect(bench.acknowledge(0).blocks == [1, 2, 3, 4])
        #expect(bench.acknowledge(4).blocks == [5, 6, 7, 8])
        #expect(bench.acknowledge(8).blocks == [9, 10])
        #expect(bench.acknowledge(10).outcome == .finished(isConfirmed: true))
    }

    @Test func `a loss inside a window restarts behind what arrived`() {
        var bench = Bench(9500, TFTPOptions(blockSize: 1000, windowSize: 4))
        _ = bench.begin()
        _ = bench.acknowledge(0)
        #expect(bench.acknowledge(2).blocks == [3, 4, 5, 6])
        #expect(bench.transfer.retransmissions == 2)
        #expect(bench.acknowledge(2) == Transfer.Step())
        #expect(bench.waitOut().step.blocks == [3, 4, 5, 6])
        #expect(bench.transfer.retransmissions == 6)
        #expect(bench.acknowledge(6).blocks == [7, 8, 9, 10])
    }

    @Test func `block numbers begin anew after 65535`() {
        let size = 8 * 65540
        var bench = Bench(size, TFTPOptions(blockSize: 8, windowSize: 16))
        _ = bench.begin()
        var step = bench.acknowledge(0)
        var received: [UInt8] = []
        while step.outcome == nil {
            for case .data(let block, let bytes) in step.packets {
                #expect(Int(block) == (received.count / 8 + 1) & 0xffff)
                received += bytes
            }
            step = bench.acknowledge(UInt16(truncatingIfNeeded: received.count / 8 + (received.count == size ? 1 : 0)))
        }
        #expect(received == Bench.content(size))
        #expect(step.outcome == .finished(isConfirmed: true))
    }
}
