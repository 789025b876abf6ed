import CCurl
internal import Linux

/// Why a request has no answer, and what to do, as sentences; nothing secret is in them.
public struct ExchangeFailed: Error, Equatable, Sendable, CustomStringConvertible {
    public let url: WebURL
    public let fact: String
    public let remedy: String
    /// Whether the same request may well succeed later.
    public let isPassing: Bool
    /// Whether there was a connection, over which the request may have gone.
    public let hasConnected: Bool
    /// Whether nobody whom this machine trusts vouches for the server's certificate.
    public let isUntrusted: Bool
    /// What the server showed instead of the certificate that is known.
    public let changedCertificate: Fingerprint?

    init(
        _ url: WebURL, _ fact: String, _ remedy: String, isPassing: Bool = false, hasConnected: Bool = false,
        isUntrusted: Bool = false, changedCertificate: Fingerprint? = nil
    ) {
        (self.url, self.fact, self.remedy, self.isPassing) = (url, fact, remedy, isPassing)
        (self.hasConnected, self.isUntrusted) = (hasConnected, isUntrusted)
        self.changedCertificate = changedCertificate
    }

    public var description: String { "\(url) gives no answer: \(fact). \(remedy)." }

    static func brokenOff(_ url: WebURL) -> ExchangeFailed {
        ExchangeFailed(url, "it was no longer waited for", "Try again", isPassing: true)
    }

    static func silent(_ url: WebURL, for time: Duration) -> ExchangeFailed {
        ExchangeFailed(
            url, "nothing came for \(time.components.seconds) s", "Try again later", isPassing: true, hasConnected: true
        )
    }

    static func malformed(_ url: WebURL, field: String) -> ExchangeFailed {
        ExchangeFailed(
            url, "the field \(field) would have characters that no field may have", "Look for a line break in it")
    }

    static func changed(_ url: WebURL, to shown: Fingerprint?) -> ExchangeFailed {
        ExchangeFailed(
            url, "its certificate is another than before: \(shown.map { "\($0)" } ?? "it shows none")",
            "Find out why it was changed before you trust the new one", changedCertificate: shown)
    }

    /// Reads how libcurl ended it.
    init(_ request: Exchange.Request, _ handle: borrowing Handle) {
        let (url, code) = (request.url, handle.inbox.result)
        let system = curl_number(handle.easy, CURLINFO_OS_ERRNO)
        // Where there is one, the kernel's word tells a cable from a port.
        let words =
            code == CURLE_COULDNT_CONNECT && system > 0 ? "\(Errno(rawValue: CInt(system)))" : handle.reason
        let (fact, remedy) =
            Connecting.sentences(url, code, words, handle, request.connectLimit)
            ?? Self.sentences(code, words, request)
        self.init(
            url, fact, remedy, isPassing: Self.passing.contains(code), hasConnected: handle.hasConnected,
            isUntrusted: Connecting.untrusted.contains(code))
    }

    private static func sentences(
        _ code: CURLcode, _ words: String, _ request: Exchange.Request
    ) -> (fact: String, remedy: String) {
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            ("it did not answer within \(request.limit.components.seconds) s", "Try again later")
        case CURLE_WRITE_ERROR:
            ("the answer is longer than \(Exchange.most >> 20) MiB", "Check the address")
        case CURLE_TOO_MANY_REDIRECTS, CURLE_UNSUPPORTED_PROTOCOL:
            ("it is redirected to what is not followed (\(words))", "Give the address where it ends")
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING:
            ("the connection broke (\(words))", "Try again")
        default: (words, "Look at it with curl -v")
        }
    }

    private static let passing = [
        CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_GOT_NOTHING, CURLE_OPERATION_TIMEDOUT,
        CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
    ]
}
