import CCurl

/// A request of libcurl's and its answer: nothing of it moves but while it is driven.
struct Handle: ~Copyable {
    let easy: UnsafeMutableRawPointer
    let inbox = Inbox()
    private let multi: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?

    init(_ url: WebURL, connectWithin limit: Duration) {
        precondition(Self.isReady)
        guard let easy = curl_easy_init(), let multi = curl_multi_init() else { preconditionFailure("no memory") }
        (self.easy, self.multi) = (easy, multi)
        // What was asked for over TLS is not to come without it.
        let allowed = url.isEncrypted ? "https" : "http,https"
        set(CURLOPT_URL, url.text)
        set(CURLOPT_PROTOCOLS_STR, allowed)
        set(CURLOPT_REDIR_PROTOCOLS_STR, allowed)
        set(CURLOPT_USERAGENT, "sprout")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(limit / .milliseconds(1)))
        // A stream of HTTP/2 may send up to 32 MB ahead, all of which would be kept here.
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        curl_set_pointer(easy, CURLOPT_ERRORBUFFER, inbox.words)
        curl_set_sink(easy, Self.sink, Unmanaged.passUnretained(inbox).toOpaque())
    }

    deinit {
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        curl_slist_free_all(fields)
    }

    func set(_ option: CURLoption, _ number: Int) { curl_set_number(easy, option, number) }

    func set(_ option: CURLoption, _ text: String) { curl_set_text(easy, option, text) }

    mutating func add(field: String) { fields = curl_slist_append(fields, field) }

    /// Lets it begin, once all is set.
    func start() {
        curl_set_pointer(easy, CURLOPT_HTTPHEADER, fields)
        curl_multi_add_handle(multi, easy)
    }

    /// Does what can be done without waiting, and says whether more is to come; `inbox.result` is how it ended.
    func drive() -> Bool {
        var running: CInt = 0
        curl_multi_perform(multi, &running)
        guard running == 0 else { return true }
        var count: CInt = 0
        while let message = curl_multi_info_read(multi, &count) { inbox.result = message.pointee.data.result }
        return false
    }

    func wait(atMost milliseconds: CInt) { curl_multi_poll(multi, nil, 0, milliseconds, nil) }

    var status: Int { curl_number(easy, CURLINFO_RESPONSE_CODE) }

    /// Whether the name of the host has been found.
    var hasResolved: Bool { curl_offset(easy, CURLINFO_NAMELOOKUP_TIME_T) > 0 }

    var hasConnected: Bool { curl_offset(easy, CURLINFO_PRETRANSFER_TIME_T) > 0 }

    /// Where it ended after redirects.
    var place: WebURL? { curl_text(easy, CURLINFO_EFFECTIVE_URL).flatMap { WebURL(String(cString: $0)) } }

    /// A field of the answer's head.
    func field(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(easy, name, 0, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK, let found else {
            return nil
        }
        return String(cString: found.pointee.value)
    }

    /// What went wrong, in libcurl's words: a server may be quoted in them, and must not be able to steer a terminal.
    var reason: String {
        let text = String(cString: inbox.words)
        let words = text.isEmpty ? String(cString: curl_easy_strerror(inbox.result)) : text
        return String(
            String.UnicodeScalarView(words.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }

    private static let sink: curl_write_callback = { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let inbox = Unmanaged<Inbox>.fromOpaque(context).takeUnretainedValue()
        guard inbox.bytes.count + size * count <= inbox.limit else { return 0 }
        inbox.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
    }

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
}

/// What libcurl writes into while it is driven.
final class Inbox {
    var bytes: [UInt8] = []
    /// More bytes than these end it with CURLE_WRITE_ERROR.
    var limit = Int.max
    var result = CURLE_OK
    let words: UnsafeMutablePointer<CChar>

    init() {
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { words.deallocate() }
}
