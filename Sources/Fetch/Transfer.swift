import CCurl

/// One request and its answer: nothing of it moves but while more is asked for.
struct Transfer: ~Copyable {
    static let mostRedirects = 5

    private let url: WebURL
    private let patience: Patience
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let fields: UnsafeMutablePointer<curl_slist>?
    private let inbox = Inbox()

    /// Asks for what begins at `offset`; for all of it if `validator` is no longer that of the content.
    init(_ url: WebURL, from offset: Int64, if validator: String?, _ patience: Patience) {
        precondition(Self.isReady)
        guard let easy = curl_easy_init(), let multi = curl_multi_init() else { preconditionFailure("no memory") }
        (self.url, self.patience, self.easy, self.multi) = (url, patience, easy, multi)
        fields = validator.flatMap { offset > 0 ? curl_slist_append(nil, "If-Range: \($0)") : nil }
        configure()
        if offset > 0 { curl_set_text(easy, CURLOPT_RANGE, "\(offset)-") }
        curl_multi_add_handle(multi, easy)
    }

    deinit {
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        curl_slist_free_all(fields)
    }

    private func configure() {
        // What was asked for over TLS is not to come without it.
        let allowed = url.isEncrypted ? "https" : "http,https"
        curl_set_text(easy, CURLOPT_URL, url.text)
        curl_set_text(easy, CURLOPT_PROTOCOLS_STR, allowed)
        curl_set_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, allowed)
        curl_set_text(easy, CURLOPT_USERAGENT, "sprout")
        for (option, number) in [
            (CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, Self.mostRedirects), (CURLOPT_NOSIGNAL, 1),
            (CURLOPT_CONNECTTIMEOUT_MS, Int(patience.connect / .milliseconds(1))), (CURLOPT_LOW_SPEED_LIMIT, 1),
            (CURLOPT_LOW_SPEED_TIME, Int(patience.stall / .seconds(1))),
            // Libcurl fills it up to a hundred times before it comes back.
            (CURLOPT_BUFFERSIZE, 1 << 14),
            // A stream of HTTP/2 may send up to 32 MB ahead, all of which would be kept here.
            (CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1),
        ] {
            curl_set_number(easy, option, number)
        }
        curl_set_pointer(easy, CURLOPT_HTTPHEADER, fields)
        curl_set_pointer(easy, CURLOPT_ERRORBUFFER, inbox.words)
        curl_set_sink(easy, Self.sink, Unmanaged.passUnretained(inbox).toOpaque())
    }

    /// The bytes that arrive next; none at the end of the answer.
    func next() throws -> [UInt8] {
        while inbox.bytes.isEmpty {
            try Task.checkCancellation()
            var running: CInt = 0
            curl_multi_perform(multi, &running)
            guard inbox.bytes.isEmpty else { break }
            if running == 0 {
                try end()
                return []
            }
            curl_multi_poll(multi, nil, 0, 1000, nil)
        }
        defer { inbox.bytes.removeAll(keepingCapacity: false) }
        return inbox.bytes
    }

    private func end() throws {
        var count: CInt = 0
        while let message = curl_multi_info_read(multi, &count) { inbox.result = message.pointee.data.result }
        guard inbox.result != CURLE_OK else { return }
        let hasConnected = curl_offset(easy, CURLINFO_PRETRANSFER_TIME_T) > 0
        throw FetchFailed(url, inbox.result, reason, hasConnected: hasConnected, patience)
    }

    /// What the server said, once bytes came, or the end.
    var answer: Answer {
        Answer(
            status: curl_number(easy, CURLINFO_RESPONSE_CODE),
            length: Int64(curl_offset(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T))
        ) { field($0) }
    }

    private func field(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(easy, name, 0, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK, let found else {
            return nil
        }
        return String(cString: found.pointee.value)
    }

    /// A server may be quoted in it, and must not be able to steer a terminal.
    private var reason: String {
        let text = String(cString: inbox.words)
        let words = text.isEmpty ? String(cString: curl_easy_strerror(inbox.result)) : text
        return String(
            String.UnicodeScalarView(words.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }

    private static let sink: curl_write_callback = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
        inbox.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
    }

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
}

/// What libcurl writes into while it is driven.
private final class Inbox {
    var bytes: [UInt8] = []
    var result = CURLE_OK
    let words: UnsafeMutablePointer<CChar>

    init() {
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { words.deallocate() }
}
