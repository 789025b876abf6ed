/// A long-running part of a daemon: returns when its work is over, throws when it cannot go on.
public protocol Service: Sendable {
    func run() async throws
}

/// Runs services side by side until one of them stops, then cancels and awaits the others.
public func run(_ services: any Service...) async throws {
    try await withThrowingTaskGroup { group in
        for service in services { group.addTask { try await service.run() } }
        try await group.next()
        group.cancelAll()
    }
}
