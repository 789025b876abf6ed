public import Linux

/// Something that is fetched over HTTP, as fast as it is taken: what nobody takes stays on the server's side.
///
/// A connection that breaks is gone on with, as long as the content is still the same. It runs on a thread for things
/// that block, which several of them may share: while one waits, others have their turn.
public actor Download: RemoteFile {
    private let url: WebURL
    private let worker: Worker
    private let reactor: Reactor
    private let reach: Reach
    private let patience: Patience
    private let say: @Sendable (String) -> Void

    private var transfer: Transfer?
    private var known: Answer?
    /// Where in the whole the next byte lies that is given away.
    private var position: Int64 = 0
    private var ahead: [UInt8] = []
    /// Bytes that come again from a server that cannot begin in the middle.
    private var repeated: Int64 = 0
    private var failures = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }

    /// `say` is told, in a sentence, of what costs time: a connection that broke, bytes that come once more.
    public init(
        _ url: WebURL, _ worker: Worker, _ reactor: Reactor, reaching reach: Reach = .everywhere,
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.init(url, worker, reactor, Patience(), reaching: reach, say: say)
    }

    init(
        _ url: WebURL, _ worker: Worker, _ reactor: Reactor, _ patience: Patience, reaching reach: Reach = .everywhere,
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.url, self.worker, self.reactor, self.patience, self.say) = (url, worker, reactor, patience, say)
        self.reach = reach
    }

    public func begin() async throws -> Content {
        if let known { return known.content }
        return try await connect().content
    }

    public func seek(to offset: Int64) {
        guard offset != position else { return }
        position = offset
        transfer = nil
    }

    public func next() async throws -> [UInt8] {
        while true {
            do {
                let bytes = try await take()
                position += Int64(bytes.count)
                failures = 0
                return bytes
            } catch let failure as FetchFailed {
                transfer = nil
                guard failure.isPassing, known != nil, failures < patience.tries else { throw failure }
                failures += 1
                say("\(url): \(failure.fact). Going on at \(position / 1_000_000) MB.")
                try await reactor.sleep(for: patience.pause)
            }
        }
    }

    private func take() async throws -> [UInt8] {
        if transfer == nil { _ = try await connect() }
        while true {
            let bytes = ahead.isEmpty ? try await arrivals() : ahead
            ahead = []
            guard !bytes.isEmpty else {
                if let size = known?.size, position < size {
                    throw FetchFailed(url, "it ended after \(position) of \(size) bytes", "Try again", isPassing: true)
                }
                return []
            }
            let count = min(repeated, Int64(bytes.count))
            repeated -= count
            if count < bytes.count { return Array(bytes.dropFirst(Int(count))) }
        }
    }

    private func connect() async throws -> Answer {
        transfer = Transfer(url, from: position, if: known?.validator, patience, reach)
        do {
            ahead = try await arrivals()
            return try accept(transfer?.answer)
        } catch {
            transfer = nil
            throw error
        }
    }

    /// What arrives next of the request under way; nothing at its end.
    private func arrivals() async throws -> [UInt8] {
        while true {
            try Task.checkCancellation()
            guard transfer != nil else { return [] }
            if let bytes = try transfer?.next() { return bytes }
            await worker.letOthers()
        }
    }

    private func accept(_ answer: Answer?) throws -> Answer {
        guard let answer else { throw CancellationError() }
        if answer.status == 416, position > 0 { throw FetchFailed.changed(url) }
        guard answer.status == 200 || answer.status == 206 else { throw FetchFailed(url, status: answer.status) }
        if let known, !answer.isSameContent(as: known) { throw FetchFailed.changed(url) }
        guard answer.start <= position else {
            throw FetchFailed(url, "the server sends another part than it was asked for", "Try another server")
        }
        repeated = position - answer.start
        if repeated > 0 {
            say("\(url): the server cannot begin in the middle: \(repeated / 1_000_000) MB are fetched once more.")
        }
        known = known ?? answer
        return answer
    }
}
