import Crypto
import HTTP
import Linux

/// Makes and checks the hashes of passwords, on a thread of its own: each takes real time, and nobody else may wait.
actor Passwords {
    private let worker: Worker
    /// What a name that nobody has is checked against: so it takes as long as one that somebody has.
    private var decoy: String?

    nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }

    init() throws {
        worker = try Worker()
    }

    func hash(_ password: String) throws -> String { try Password.hash(password) }

    /// Whether the hash is this password's; never, where there is no hash.
    func verify(_ password: String, _ hash: String?) throws -> Bool {
        if decoy == nil { decoy = try Password.hash(SecureRandom.bytes(16).hexadecimal) }
        let isRight = Password.verify(password, hash ?? decoy ?? "")
        return isRight && hash != nil
    }
}

/// Lets only so many in at a time, and turns others away: who waits for a password to be checked costs memory.
actor Turnstile {
    private let room: Int
    private var inside = 0

    init(room: Int) {
        self.room = room
    }

    func pass<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        guard inside < room else {
            throw Problem(
                429, "Too many people are signing in at once. Try again in a moment.", headers: ["retry-after": "2"])
        }
        inside += 1
        defer { inside -= 1 }
        return try await body()
    }
}
