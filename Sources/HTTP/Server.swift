public import Linux
import Synchronization

/// Accepts connections on a socket systemd opened, and answers each from the route table.
public final class Server: Service {
    /// Told of an error that no handler expected; the client gets a 500 without details.
    public typealias FailureReport = @Sendable (Request, any Error) -> Void

    private let listener: Listener
    private let connection: Connection.Settings
    private let open = Atomic<Int>(0)

    public init(
        on socket: consuming FileDescriptor, _ reactor: Reactor, _ routes: Routes, limits: Limits = Limits(),
        counting traffic: Traffic = Traffic(), onFailure: @escaping FailureReport
    ) throws(Errno) {
        listener = try Listener(socket, reactor)
        connection = Connection.Settings(routes: routes, limits: limits, traffic: traffic, onFailure: onFailure)
    }

    public func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let stream = try await listener.accept()
                let isRoomLeft = open.wrappingAdd(1, ordering: .relaxed).newValue <= connection.limits.connections
                group.addTask { [self] in
                    await Connection(stream, connection).serve(isRoomLeft: isRoomLeft)
                    open.wrappingSubtract(1, ordering: .relaxed)
                }
            }
        }
    }
}
