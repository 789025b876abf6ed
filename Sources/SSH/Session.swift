import CSSH2
public import Linux

/// One login on one host, in which one command runs after the other; it ends with its owner.
///
/// It lives on the reactor: libssh2 only computes, and what it would wait for is waited for there. After an error it is
/// over, since what the server still sends would be taken for the answer to something else.
public struct Session: ~Copyable {
    public let server: Server
    let conversation: Conversation
    let reactor: Reactor
    private(set) var isOver = false

    /// Connects, makes sure of the host, and logs in, all within `limit`.
    public init(
        to server: Server, as login: Login, within limit: Duration = .seconds(20), _ reactor: Reactor
    ) async throws {
        guard !server.hostKeys.isEmpty else { throw SSHFailed.withoutHostKeys(server) }
        let deadline = Reactor.Deadline.now + limit
        let conversation = try await Self.meet(server, limit, until: deadline, reactor)
        let shown = conversation.hostKey
        guard server.hostKeys.contains(shown) else { throw SSHFailed.otherHostKey(shown, server) }
        do {
            let (user, key) = (login.user, login.privateKeyText)
            try await conversation.finish(until: deadline) {
                Int(libssh2_userauth_publickey_frommemory($0, user, user.utf8.count, nil, 0, key, key.utf8.count, nil))
            }
        } catch let failure as LibraryFailed where failure.isRefusedLogin {
            throw SSHFailed.loginRefused(login.user, server)
        } catch {
            throw SSHFailed.unreachable(server, error, limit)
        }
        (self.server, self.reactor) = (server, reactor)
        self.conversation = conversation
    }

    /// The host key that somebody shows, for a person to compare: nothing is said to them, and nobody is logged in.
    public static func hostKey(
        at address: String, port: UInt16 = 22, within limit: Duration = .seconds(10), _ reactor: Reactor
    ) async throws -> PublicKey {
        let server = Server(address, port: port, hostKeys: [])
        return try await meet(server, limit, until: .now + limit, reactor).hostKey
    }

    private static func meet(
        _ server: Server, _ limit: Duration, until deadline: Reactor.Deadline, _ reactor: Reactor
    ) async throws -> Conversation {
        do {
            let connection = try await TCPConnection(to: server.address, port: server.port, reactor, until: deadline)
            let conversation = Conversation(over: connection)
            try await conversation.begin(PublicKey.algorithms(preferring: server.hostKeys), until: deadline)
            return conversation
        } catch {
            throw SSHFailed.unreachable(server, error, limit)
        }
    }

    /// Whether the host, which must answer and show its key, still lets somebody in.
    public static func canLogIn(
        to server: Server, as login: Login, within limit: Duration = .seconds(20), _ reactor: Reactor
    ) async throws -> Bool {
        do {
            _ = try await Session(to: server, as: login, within: limit, reactor)
            return true
        } catch let failure as SSHFailed where failure.kind == .loginRefused {
            return false
        }
    }

    /// Runs a line of shell, and gives how it ended, whatever that is.
    ///
    /// `input` is where secrets belong: others of that machine can read its arguments. `onOutput` is told what the command
    /// writes, as it arrives, and more is taken only when it returns. A command that takes longer than `limit`, or says
    /// nothing for as long as `silence`, is given up here, and may go on there.
    public mutating func run(
        _ command: String, input: [UInt8] = [], limit: Duration = .seconds(60), silence: Duration? = nil,
        onOutput: (Output) async -> Void = { _ in }
    ) async throws -> Outcome {
        let name = command.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "nothing"
        let transcript = Transcript(limit: limit, silence: silence ?? limit)
        return try await carryOut(Command(name: name, line: command, input: input), transcript, onOutput)
    }

    mutating func carryOut(
        _ command: Command, _ fresh: Transcript, _ onOutput: (Output) async -> Void = { _ in }
    ) async throws -> Outcome {
        guard !isOver else { throw SSHFailed.over(command, server) }
        isOver = true
        var transcript = fresh
        do {
            let end = try await end(of: command, &transcript, onOutput)
            isOver = false
            return transcript.outcome(end)
        } catch {
            throw SSHFailed.interrupted(command, server, transcript, error)
        }
    }
}
