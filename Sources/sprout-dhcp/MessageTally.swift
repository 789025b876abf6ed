import Metrics
import Wire

/// How many messages came and went, by what they are.
struct MessageTally: Equatable, Sendable {
    private var received: [String: Int] = [:]
    private var sent: [String: Int] = [:]
    private var malformed = 0

    mutating func noteReceived(_ message: DHCPMessage?) {
        guard let message else {
            malformed += 1
            return
        }
        received[Self.name(message.kind, among: Self.questions), default: 0] += 1
    }

    mutating func noteSent(_ message: DHCPMessage) {
        sent[Self.name(message.kind, among: Self.answers), default: 0] += 1
    }

    static func + (a: MessageTally, b: MessageTally) -> MessageTally {
        var sum = a
        sum.received.merge(b.received, uniquingKeysWith: +)
        sum.sent.merge(b.sent, uniquingKeysWith: +)
        sum.malformed += b.malformed
        return sum
    }

    var measurements: [Measurement] {
        Self.names(Self.questions).map { Measurement(.dhcpReceived, $0, is: received[$0] ?? 0) }
            + Self.names(Self.answers).map { Measurement(.dhcpSent, $0, is: sent[$0] ?? 0) }
            + [Measurement(.dhcpMalformed, is: malformed)]
    }

    private static let questions: KeyValuePairs<DHCPMessage.Kind, String> = [
        .discover: "discover", .request: "request", .decline: "decline", .release: "release", .inform: "inform",
    ]
    private static let answers: KeyValuePairs<DHCPMessage.Kind, String> = [
        .offer: "offer", .acknowledgement: "acknowledgement", .refusal: "refusal",
    ]

    /// Whatever else a message says that it is.
    private static let other = "other"

    private static func names(_ kinds: KeyValuePairs<DHCPMessage.Kind, String>) -> [String] {
        kinds.map(\.value) + [other]
    }

    private static func name(
        _ kind: DHCPMessage.Kind?, among kinds: KeyValuePairs<DHCPMessage.Kind, String>
    ) -> String {
        kinds.first { $0.key == kind }?.value ?? other
    }
}
