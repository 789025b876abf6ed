extension Exchange {
    /// What is sent, to whom, and for how long an answer is waited for.
    public struct Request: Sendable {
        public enum Method: String, Sendable {
            case get = "GET"
            case post = "POST"
            case put = "PUT"
            case patch = "PATCH"
            case delete = "DELETE"
        }

        public var method: Method
        public var url: WebURL
        public var fields: [(name: String, value: String)] = []
        public var body: [UInt8]?
        public var login: Login?
        public var trust = Trust.authorities
        /// From the first packet to the last byte of the answer, where all of it is waited for.
        public var limit: Duration = .seconds(30)
        /// How many redirects of a GET are followed.
        public var redirects = 0
        /// Whether it goes past the proxy that the environment may name: what is on this LAN is not reached by one.
        public var isDirect = false

        public init(_ method: Method, _ url: WebURL) {
            (self.method, self.url) = (method, url)
        }

        var connectLimit: Duration { min(limit, .seconds(10)) }
    }

    /// A name and its password.
    public struct Login: Sendable {
        public var user: String
        public var password: String
        /// Whether the password itself stays here, and only answers the server's challenge (RFC 7616).
        public var isDigest = false

        public init(user: String, password: String) {
            (self.user, self.password) = (user, password)
        }
    }

    /// Which servers are believed to be who they say over TLS.
    public enum Trust: Sendable {
        /// Whom one of this machine's certificate authorities vouches for.
        case authorities
        /// Who shows this certificate; with nil anybody: the reply says whose it was, for the next time.
        case certificate(Fingerprint?)
    }

    /// What a server answered, whatever it was.
    public struct Reply: Sendable {
        public let status: Int
        public let body: [UInt8]
        /// The certificate that was shown, where `Trust.certificate` was asked for and there was TLS.
        public let certificate: Fingerprint?
        private let fields: [(name: String, value: String)]

        init(_ handle: borrowing Handle, _ certificate: Fingerprint?) {
            (status, body, fields) = (handle.status, handle.inbox.bytes, handle.fieldsOfAnswer)
            self.certificate = certificate
        }

        /// A field of its head, by its name in lower case.
        public subscript(field: String) -> String? { fields.first { $0.name == field }?.value }
    }
}
