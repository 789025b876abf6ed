import CCurl

/// A request on its way, and what of its answer has come.
struct RunningExchange: ~Copyable {
    let handle: Handle
    private let request: Exchange.Request
    private let check: CertificateCheck?

    /// `limit` is how long it may take, or nil.
    init(_ request: Exchange.Request, within limit: Duration?) throws(ExchangeFailed) {
        self.request = request
        handle = try Self.handle(for: request)
        if let limit { handle.set(CURLOPT_TIMEOUT_MS, Int(limit / .milliseconds(1))) }
        if case .certificate(let pinned) = request.trust {
            check = CertificateCheck(handle, request.url, pinned)
        } else {
            check = nil
        }
        handle.start()
    }

    /// The certificate that was shown, where one is looked for.
    var certificate: Fingerprint? { check?.shown }

    /// Does what can be done by now, and says whether more is to come.
    func drive() throws(ExchangeFailed) -> Bool {
        guard !handle.drive() else { return true }
        if let check, check.hasRefused { throw .changed(request.url, to: check.shown) }
        guard handle.inbox.result == CURLE_OK else { throw ExchangeFailed(request, handle) }
        return false
    }

    private static func handle(for request: Exchange.Request) throws(ExchangeFailed) -> Handle {
        var handle = Handle(request.url, connectWithin: request.connectLimit)
        handle.inbox.limit = Exchange.most
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
}
