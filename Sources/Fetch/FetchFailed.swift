import CCurl

/// Why something could not be fetched, and what to do, as sentences.
public struct FetchFailed: Error, Equatable, Sendable, CustomStringConvertible {
    public let url: WebURL
    let fact: String
    private let remedy: String
    /// Whether the same request may well succeed a moment later.
    public let isPassing: Bool

    init(_ url: WebURL, _ fact: String, _ remedy: String, isPassing: Bool = false) {
        (self.url, self.fact, self.remedy, self.isPassing) = (url, fact, remedy, isPassing)
    }

    public var description: String { "\(url) cannot be fetched: \(fact). \(remedy)." }

    static func changed(_ url: WebURL) -> FetchFailed {
        FetchFailed(url, "it was changed on the server meanwhile", "Try again, and it begins anew")
    }

    init(_ url: WebURL, status: Int) {
        switch status {
        case 401, 403, 407:
            self.init(url, "the server refuses it (\(status))", "Find out whether it needs a login or a subscription")
        case 404, 410:
            self.init(url, "the server has no such file (\(status))", "Look for it in \(url.beside(""))")
        case 500...:
            self.init(url, "the server fails (\(status))", "Try again later", isPassing: true)
        default:
            self.init(url, "the server answers \(status)", "Look at it with a browser")
        }
    }

    /// `words` are libcurl's own.
    init(_ url: WebURL, _ code: CURLcode, _ words: String, _ handle: borrowing Handle, _ patience: Patience) {
        let (fact, remedy) = Self.sentences(url, code, words, handle, patience)
        let isEarly = code == CURLE_OPERATION_TIMEDOUT && !handle.hasConnected
        self.init(url, fact, remedy, isPassing: isEarly || Self.passing.contains(code))
    }

    private static func sentences(
        _ url: WebURL, _ code: CURLcode, _ words: String, _ handle: borrowing Handle, _ patience: Patience
    ) -> (fact: String, remedy: String) {
        if let early = Connecting.sentences(url, code, words, handle, patience.connect) { return early }
        return switch code {
        case CURLE_OPERATION_TIMEDOUT:
            ("nothing arrived for \(patience.stall.components.seconds) s", goOn)
        case CURLE_TOO_MANY_REDIRECTS:
            ("it is redirected more than \(Transfer.mostRedirects) times", "Give the address where it ends")
        case CURLE_UNSUPPORTED_PROTOCOL:
            ("it is redirected to what is not followed (\(words))", "Give the address of the file itself")
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING:
            ("the connection broke (\(words))", goOn)
        default: (words, "Look at it with curl -v")
        }
    }

    private static let goOn = "Try again, and it goes on where it stopped"

    private static let passing = [
        CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR,
        CURLE_SEND_ERROR,
    ]
}

/// How long is waited for a server, and how often it is asked again.
struct Patience: Sendable {
    var connect: Duration = .seconds(30)
    var stall: Duration = .seconds(60)
    var pause: Duration = .seconds(1)
    var tries = 5
}
