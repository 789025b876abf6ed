import CSSH2
import Linux

/// What libssh2 knows of one connection; the connection ends with its owner.
struct Conversation: ~Copyable {
    private let connection: TCPConnection
    private let session: OpaquePointer

    init(over connection: TCPConnection) {
        precondition(Self.isReady)
        guard let session = libssh2_session_init_ex(nil, nil, nil, nil) else { preconditionFailure("no memory") }
        libssh2_session_set_blocking(session, 0)
        (self.connection, self.session) = (connection, session)
    }

    deinit {
        libssh2_session_disconnect_ex(session, SSH_DISCONNECT_BY_APPLICATION, "done", "")
        // Nothing can be waited for here; without a connection libssh2 gives up at once what it would still say.
        connection.shutDown()
        libssh2_session_free(session)
    }

    /// Agrees on keys with the server, which shows one of its host keys: one of the first of `algorithms` it can.
    func begin(_ algorithms: [String], until deadline: Reactor.Deadline) async throws {
        let code = libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, algorithms.joined(separator: ","))
        guard code == 0 else { throw failure(code) }
        let descriptor = connection.rawValue
        try await finish(until: deadline) { Int(libssh2_session_handshake($0, descriptor)) }
    }

    var hostKey: PublicKey {
        var (count, type): (Int, CInt) = (0, 0)
        let bytes = libssh2_session_hostkey(session, &count, &type)
        return PublicKey(bytes: UnsafeBufferPointer(start: bytes, count: count).map { UInt8(bitPattern: $0) })
    }

    /// Makes a call until it is over, and gives what it returns.
    @discardableResult
    func finish(until deadline: Reactor.Deadline, _ call: (OpaquePointer) -> Int) async throws -> Int {
        while true {
            if let result = try await attempt(until: deadline, call) { return result }
            try await connection.wait(for: .readable, until: deadline)
        }
    }

    /// What a call returns; nil where it waits for the server to say something.
    ///
    /// One that could send a part of a packet only is made again before any other: libssh2 allows no other then. The
    /// server takes the rest in any case, so this cannot wait for each other.
    func attempt(until deadline: Reactor.Deadline, _ call: (OpaquePointer) -> Int) async throws -> Int? {
        while true {
            let result = call(session)
            guard result < 0 else { return result }
            guard result == Int(LIBSSH2_ERROR_EAGAIN) else { throw failure(CInt(clamping: result)) }
            guard libssh2_session_block_directions(session) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0 else { return nil }
            try await connection.wait(for: .writable, until: deadline)
        }
    }

    /// Waits for the server to say something about a channel, unless libssh2 has taken that off the wire already.
    func wait(for channel: OpaquePointer, until deadline: Reactor.Deadline) async throws {
        for stream in Output.Stream.allCases where libssh2_poll_channel_read(channel, stream.rawValue) != 0 { return }
        guard libssh2_channel_eof(channel) == 0 else { return }
        try await connection.wait(for: .readable, until: deadline)
    }

    /// By which signal the command of a closed channel was ended, such as `TERM`.
    func endSignal(of channel: OpaquePointer) -> String? {
        var name: UnsafeMutablePointer<CChar>?
        libssh2_channel_get_exit_signal(channel, &name, nil, nil, nil, nil, nil)
        guard let name else { return nil }
        defer { libssh2_free(session, name) }
        return String(cString: name)
    }

    private func failure(_ code: CInt) -> LibraryFailed {
        var words: UnsafeMutablePointer<CChar>?
        libssh2_session_last_error(session, &words, nil, 0)
        let text = words.map { String(cString: $0) } ?? ""
        return LibraryFailed(code: code, words: text.isEmpty ? "libssh2's error \(code)" : text.printable)
    }

    private static let isReady = libssh2_init(0) == 0
}

/// What libssh2 says no to: its number, and its words.
struct LibraryFailed: Error {
    let code: CInt
    let words: String

    var isRefusedLogin: Bool {
        [LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED].contains(code)
    }

    /// The server refuses to open a channel, or to run something in it, over a connection that is sound.
    var isRefusedCommand: Bool {
        [LIBSSH2_ERROR_CHANNEL_FAILURE, LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED].contains(code)
    }
}

extension String {
    /// Without what could steer a terminal: it comes from another machine.
    var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }
}
