internal import Crypto
internal import Fetch

/// An address of somebody's own to which JSON is posted.
///
/// With a secret the body is signed: whoever has the same secret knows that it comes from here, and is whole.
public struct Webhook: Sendable {
    private let outlet: Outlet

    public init(_ outlet: Outlet) { self.outlet = outlet }

    public var isSigned: Bool { outlet.secret != nil }

    /// `delivery` stays the same when the same is sent again, so that the receiver may pass over a repetition.
    public func send(_ body: [UInt8], delivery: String) async throws(NotTold) {
        let request = request(body, delivery)
        let reply = try await outlet.reply(to: request)
        guard (200...299).contains(reply.status) else { throw outlet.refusal(reply, to: request) }
    }

    func request(_ body: [UInt8], _ delivery: String) -> Exchange.Request {
        var request = Exchange.Request(.post, outlet.url)
        request.body = body
        request.fields = [("Content-Type", "application/json"), ("X-Sprout-Delivery", delivery)]
        if let secret = outlet.secret {
            let signature = Signature.sha256(of: body, key: Array(secret.utf8)).hexadecimal
            request.fields.append(("X-Sprout-Signature", "sha256=\(signature)"))
        }
        return request
    }
}
