import Linux

/// One client's connection: requests one after the other, each answered before the next is read.
struct Connection: Sendable {
    struct Settings: Sendable {
        let routes: Routes
        let limits: Limits
        let traffic: Traffic
        let onFailure: Server.FailureReport
    }

    private let stream: Stream
    private let settings: Settings
    private var limits: Limits { settings.limits }

    init(_ stream: Stream, _ settings: Settings) {
        self.stream = stream
        self.settings = settings
    }

    func serve(isRoomLeft: Bool) async {
        var input: [UInt8] = []
        do {
            guard isRoomLeft else { throw Refusal(503, "There are too many connections.") }
            while try await answerNext(from: &input) {
                // A client that sends faster than we answer must not keep the others waiting.
                if !input.isEmpty { await Task.yield() }
            }
        } catch let refusal as Refusal {
            let response = Problem(refusal.status, refusal.reason).response
            try? await send(response, of: "", withBody: true, keepAlive: false)
            await linger()
        } catch {
            // The client went away, or we are asked to stop: nobody is left to tell.
        }
    }

    /// Answers one request; false when the connection is to end.
    private func answerNext(from input: inout [UInt8]) async throws -> Bool {
        guard let (request, framing) = try await nextRequest(&input) else { return false }
        let began = Reactor.Deadline.now
        let choice = settings.routes.choice(for: request)
        let response = try await respond(to: request, choice)
        let answer = Traffic.Answer(route: choice.name, status: response.status)
        await settings.traffic.note(answer, after: began.duration(to: .now))
        let keepAlive = framing.keepAlive && !Task.isCancelled
        try await send(response, of: choice.name, withBody: request.method != "HEAD", keepAlive: keepAlive)
        if case .stream = response.body { return false }
        if !keepAlive { await linger() }
        return keepAlive
    }

    private func nextRequest(_ input: inout [UInt8]) async throws -> (Request, Request.Framing)? {
        guard let (head, framing) = try await nextHead(&input) else { return nil }
        let end = framing.headLength + framing.bodyLength
        let deadline = Reactor.Deadline.now + limits.bodyTime
        while input.count < end {
            guard try await refusingLateness("body", { try await stream.read(into: &input, until: deadline) }) else {
                return nil
            }
        }
        var request = head
        request.body = Array(input[framing.headLength..<end])
        request.peer = stream.peer
        input.removeSubrange(..<end)
        return (request, framing)
    }

    private func nextHead(_ input: inout [UInt8]) async throws -> (Request, Request.Framing)? {
        if input.isEmpty {
            let deadline = Reactor.Deadline.now + limits.idleTime
            guard try await stream.read(into: &input, until: deadline) else { return nil }
        }
        let deadline = Reactor.Deadline.now + limits.headTime
        while true {
            if let parsed = try Request.parse(input.span, limits: limits) { return parsed }
            guard try await refusingLateness("head", { try await stream.read(into: &input, until: deadline) }) else {
                return nil
            }
        }
    }

    private func refusingLateness(_ part: String, _ read: () async throws -> Bool) async throws -> Bool {
        do {
            return try await read()
        } catch let error as Errno where error == .timedOut {
            throw Refusal(408, "The \(part) of the request took too long.")
        }
    }

    private func respond(to request: Request, _ choice: Routes.Choice) async throws -> Response {
        var response: Response
        do {
            response = try await choice.answer()
        } catch let problem as Problem {
            response = settings.routes.present(problem, request)
        } catch let refusal as Refusal {
            response = settings.routes.present(Problem(refusal.status, refusal.reason), request)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            settings.onFailure(request, error)
            let problem = Problem(500, "Something went wrong here; the journal says what.")
            response = settings.routes.present(problem, request)
        }
        if let id = request.id, response.headers["x-request-id"] == nil { response.headers["x-request-id"] = id }
        return response
    }

    private func send(_ response: Response, of route: String, withBody: Bool, keepAlive: Bool) async throws {
        let deadline = Reactor.Deadline.now + limits.writeTime
        switch response.body {
        case .bytes(let bytes):
            let head = response.head(length: bytes.count, keepAlive: keepAlive)
            try await stream.write(withBody ? head + bytes : head, until: deadline)
        case .file(let file, let range):
            try await stream.write(response.head(length: range.count, keepAlive: keepAlive), until: deadline)
            if withBody { try await stream.write(file, range, patience: limits.writeTime) }
        case .stream(let write):
            try await stream.write(response.head(length: nil, keepAlive: false), until: deadline)
            guard withBody else { return }
            await settings.traffic.streamBegan(route)
            await run(write)
            await settings.traffic.streamEnded(route)
        }
    }

    /// Runs a stream's writer until it returns, fails or the client is gone, whichever comes first.
    private func run(_ write: @escaping @Sendable (ResponseWriter) async throws -> Void) async {
        let writer = ResponseWriter(stream: stream, patience: limits.writeTime)
        await withTaskGroup { group in
            group.addTask { try? await write(writer) }
            group.addTask { [stream] in await stream.waitForEnd() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Closing with unread bytes would make the kernel send a reset, and the client lose our answer.
    private func linger() async {
        stream.finishWriting()
        await stream.waitForEnd(until: .now + .seconds(2))
    }
}

/// Writes the body of a stream.
public struct ResponseWriter: Sendable {
    let stream: Stream
    let patience: Duration

    public func write(_ bytes: [UInt8]) async throws {
        try await stream.write(bytes, until: .now + patience)
    }

    /// One Server-Sent Event.
    public func send(id: Int64? = nil, event: String? = nil, data: String) async throws {
        try await write(ServerSentEvent(id: id.map { String($0) }, event: event, data: data).bytes)
    }
}
