/// Tells everybody in this process who follows the events that there may be new ones: a doorbell that carries nothing.
public actor Feed {
    private var followers: [Int: AsyncStream<Void>.Continuation] = [:]
    private var nextFollower = 0

    public init() {}

    /// Whether anybody followed at the latest ring, or has come since.
    var isFollowed: Bool { !followers.isEmpty }

    public func ring() {
        for (id, follower) in followers {
            if case .terminated = follower.yield() { followers[id] = nil }
        }
    }

    /// Rings at once, and again whenever there is something to look for; several rings may come as one.
    public func rings() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        followers[nextFollower] = continuation
        nextFollower += 1
        return stream
    }
}
