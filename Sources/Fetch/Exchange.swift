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

    public nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }

    public init(_ request: Request, _ worker: Worker) {
        (self.request, self.worker) = (request, worker)
    }

    public func reply() async throws(ExchangeFailed) -> Reply {
        let handle = try makeHandle()
        var check: CertificateCheck?
        if case .certificate(let pinned) = request.trust { check = CertificateCheck(handle, request.url, pinned) }
        handle.start()
        while handle.drive() {
            guard !Task.isCancelled else { throw .brokenOff(request.url) }
            handle.wait(atMost: 20)
            // A controller that is dead is waited for by nobody but who asked it.
            await Task.yield()
        }
        if let check, check.hasRefused { throw .changed(request.url, to: check.shown) }
        guard handle.inbox.result == CURLE_OK else { throw ExchangeFailed(request, handle) }
        return Reply(handle, check?.shown)
    }

    private func makeHandle() throws(ExchangeFailed) -> Handle {
        var handle = Handle(request.url, connectWithin: request.connectLimit)
        handle.inbox.limit = Self.most
        handle.set(CURLOPT_TIMEOUT_MS, Int(request.limit / .milliseconds(1)))
        handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        if request.method == .get, request.redirects > 0 {
            handle.set(CURLOPT_FOLLOWLOCATION, 1)
            handle.set(CURLOPT_MAXREDIRS, request.redirects)
        }
        if request.isDirect { handle.set(CURLOPT_NOPROXY, "*") }
        if let body = request.body { handle.set(body: body) }
        if let login = request.login { handle.set(login) }
        for (name, value) in request.fields {
            guard value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else { throw .malformed(request.url, field: name) }
            handle.add(field: "\(name): \(value)")
        }
        return handle
    }
}

extension Handle {
    fileprivate func set(body: [UInt8]) {
        set(CURLOPT_POSTFIELDSIZE, body.count)
        _ = body.withUnsafeBytes { bytes in
            curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        }
    }

    fileprivate func set(_ login: Exchange.Login) {
        set(CURLOPT_HTTPAUTH, login.isDigest ? curl_digest_login : curl_basic_login)
        set(CURLOPT_USERNAME, login.user)
        set(CURLOPT_PASSWORD, login.password)
    }

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
