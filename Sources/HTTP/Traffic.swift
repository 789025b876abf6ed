public import Metrics

/// What a server answered: how often, how, and how quickly; and which streams are open.
public actor Traffic {
    public struct Answer: Hashable, Sendable {
        /// As the API's description names it; empty where no route took the request.
        public let route: String
        public let status: Int
    }

    public private(set) var answers: [Answer: Int] = [:]
    public private(set) var times = Histogram.ofMoments
    /// The open streams by their route.
    public private(set) var streams: [String: Int] = [:]

    public init() {}

    func note(_ answer: Answer, after time: Duration) {
        answers[answer, default: 0] += 1
        times.note(time)
    }

    func streamBegan(_ route: String) { streams[route, default: 0] += 1 }
    func streamEnded(_ route: String) { streams[route, default: 0] -= 1 }
}
