import CSSH2
import Linux

/// What is to be run, and its name for people.
struct Command {
    let name: String
    let line: String
    var input: [UInt8] = []
}

extension Session {
    /// Runs a command to its end.
    func end(
        of command: Command, _ transcript: inout Transcript, _ onOutput: (Output) async -> Void
    ) async throws -> End {
        let channel = try await open(command.line, until: transcript.deadline)
        var (unsent, hasSentEnd) = (command.input[...], false)
        while libssh2_channel_eof(channel) == 0 {
            guard .now < transcript.deadline else { throw Errno.timedOut }
            var isBlocked = true
            let sent = unsent.count
            try await send(&unsent, &hasSentEnd, channel, until: transcript.deadline)
            if unsent.count < sent { isBlocked = false }
            for stream in Output.Stream.allCases {
                guard let bytes = try await read(stream, channel, until: transcript.deadline) else { continue }
                isBlocked = false
                let chunk = Output(stream: stream, bytes: bytes)
                transcript.add(chunk)
                await onOutput(chunk)
                await Task.yield()
            }
            if isBlocked { try await conversation.wait(for: channel, until: transcript.deadline) }
        }
        return try await close(channel, until: transcript.deadline)
    }

    /// A channel in which `line` runs; libssh2 frees it with the session, where `close` does not.
    private func open(_ line: String, until deadline: Reactor.Deadline) async throws -> OpaquePointer {
        var opened: OpaquePointer?
        // The server may send as much ahead as the window has room for, and libssh2 keeps all of it.
        let (window, packet): (CUnsignedInt, CUnsignedInt) = (1 << 18, 1 << 15)
        try await conversation.finish(until: deadline) { session in
            opened = libssh2_channel_open_ex(session, "session", 7, window, packet, nil, 0)
            return opened == nil ? Int(libssh2_session_last_errno(session)) : 0
        }
        guard let channel = opened else { preconditionFailure("libssh2 opened a channel, and gave none") }
        try await conversation.finish(until: deadline) { _ in
            Int(libssh2_channel_process_startup(channel, "exec", 4, line, CUnsignedInt(line.utf8.count)))
        }
        return channel
    }

    /// Sends what the server has room for, and in the end that this was all.
    private func send(
        _ unsent: inout ArraySlice<UInt8>, _ hasSentEnd: inout Bool, _ channel: OpaquePointer,
        until deadline: Reactor.Deadline
    ) async throws {
        if !unsent.isEmpty {
            let piece = unsent.prefix(1 << 15)
            let count = try await conversation.attempt(until: deadline) { _ in
                piece.withUnsafeBytes {
                    libssh2_channel_write_ex(channel, 0, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
                }
            }
            unsent = unsent.dropFirst(count ?? 0)
        } else if !hasSentEnd {
            hasSentEnd =
                try await conversation.attempt(until: deadline) { _ in
                    Int(libssh2_channel_send_eof(channel))
                } != nil
        }
    }

    /// What arrived; nil where that is nothing.
    private func read(
        _ stream: Output.Stream, _ channel: OpaquePointer, until deadline: Reactor.Deadline
    ) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        let count = try await conversation.attempt(until: deadline) { _ in
            var count = 0
            bytes = [UInt8](unsafeUninitializedCapacity: 1 << 15) { space, filled in
                count = space.withMemoryRebound(to: CChar.self) {
                    libssh2_channel_read_ex(channel, stream.rawValue, $0.baseAddress, $0.count)
                }
                filled = max(0, count)
            }
            return count
        }
        return count == nil || bytes.isEmpty ? nil : bytes
    }

    private func close(_ channel: OpaquePointer, until deadline: Reactor.Deadline) async throws -> End {
        // The end of its output is not yet its end, and how it ended is told before the server closes the channel.
        try await conversation.finish(until: deadline) { _ in Int(libssh2_channel_wait_closed(channel)) }
        try await conversation.finish(until: deadline) { _ in Int(libssh2_channel_close(channel)) }
        let end = conversation.endSignal(of: channel).map { End.killed(signal: $0) }
        let status = Int(libssh2_channel_get_exit_status(channel))
        try await conversation.finish(until: deadline) { _ in Int(libssh2_channel_free(channel)) }
        return end ?? .exited(status)
    }
}
