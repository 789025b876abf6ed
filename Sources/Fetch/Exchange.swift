import CCurl
public import Linux

/// One request over HTTP, and its whole answer.
///
/// It runs on a thread for things that block, and while it waits others have their turn there.
public actor Exchange {
    /// A longer answer is none that anybody asked for.
    static let most = 4 << 20

    private let request: Request
    private let worker: Worker
    private var running: RunningExchange?

    public nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }

    public init(_ request: Request, _ worker: Worker) {
        (self.request, self.worker) = (request, worker)
    }

    public func reply() async throws(ExchangeFailed) -> Reply {
        let running = try RunningExchange(request, within: request.limit)
        while try running.drive() {
            guard !Task.isCancelled else { throw .brokenOff(request.url) }
            running.handle.wait(atMost: Self.turn)
            // A controller that is dead is waited for by nobody but who asked it.
            await worker.letOthers()
        }
        return Reply(running.handle, running.certificate)
    }

    /// The bytes of the answer that come next, and none at its end: for an answer that may go on for ever.
    ///
    /// A server that is silent for longer than `patience` is taken for gone.
    public func next(within patience: Duration) async throws(ExchangeFailed) -> [UInt8] {
        if running == nil { running = try RunningExchange(request, within: nil) }
        let end = ContinuousClock.now + patience
        while try running?.drive() == true, running?.handle.inbox.bytes.isEmpty == true {
            guard !Task.isCancelled else { throw .brokenOff(request.url) }
            guard ContinuousClock.now < end else { throw .silent(request.url, for: patience) }
            running?.handle.wait(atMost: Self.turn)
            await worker.letOthers()
        }
        defer { running?.handle.inbox.bytes = [] }
        return running?.handle.inbox.bytes ?? []
    }

    /// What the server says of the bytes that come, and 0 before there are any.
    public var status: Int { running?.handle.status ?? 0 }

    /// For how many milliseconds the others on the same thread wait for their turn.
    private static let turn: CInt = 20
}

extension Handle {
    /// All fields of the answer's head, their names in lower case.
    var fieldsOfAnswer: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        var last: UnsafeMutablePointer<curl_header>?
        while let next = curl_easy_nextheader(easy, UInt32(CURLH_HEADER), -1, last) {
            fields.append((String(cString: next.pointee.name).lowercased(), String(cString: next.pointee.value)))
            last = next
        }
        return fields
    }
}
