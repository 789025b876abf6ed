import Control
import Linux
import Model

/// How far something long is: a bar, bytes, their rate and the time left.
final class Meter {
    private var step = ""
    private var began = Reactor.Deadline.now
    private var first: Int64 = 0
    private var tenth: Int64 = -1

    func show(_ step: String, _ done: Int64, of total: Int64) {
        if step != self.step { (self.step, began, first, tenth) = (step, .now, done, -1) }
        let seconds = (Reactor.Deadline.now - began) / .seconds(1)
        let rate = seconds > 0.3 ? Double(done - first) / seconds : 0
        var words = "\(total > 0 ? done * 100 / total : 0) %, \(Self.megabytes(done)) of \(Self.megabytes(total))"
        if rate > 0 {
            words += ", \(Self.megabytes(Int64(rate)))/s, \(Elapsed.text(Int(Double(total - done) / rate))) left"
        }
        guard !Screen.canRedraw else {
            return Terminal.status(Bar.line(step, total > 0 ? Double(done) / Double(total) : 0, words))
        }
        // Where no line can be drawn anew, ten are enough.
        guard Screen.isThere, total > 0, done * 10 / total > tenth else { return }
        tenth = done * 10 / total
        Terminal.complain("\(step)  \(words)")
    }

    func clear() { Terminal.status("") }

    /// Shows for how long an answer has been waited for that does not say how far it is.
    static func waiting<Value: Sendable>(
        _ words: String, _ reactor: Reactor, for answer: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        defer { Terminal.status("") }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await answer() }
            group.addTask {
                let began = Timestamp.now()
                while Screen.canRedraw {
                    Terminal.status("\(words)  \(Elapsed.text(between: began, .now()))")
                    try await reactor.sleep(for: .seconds(1))
                }
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    static func megabytes(_ bytes: Int64) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }
}
