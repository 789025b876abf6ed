import Linux

/// Why something could not be done over SSH, and what to do, as sentences.
public struct SSHFailed: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// There was no login: nobody answers, or not in time, or not in a way that is understood.
        case unreachable
        /// Somebody answers who is not the host.
        case otherHostKey
        case loginRefused
        /// The command took too long, or said nothing for too long, and may still run there.
        case tooLong, silent
        /// The connection broke while the command ran: how it ended is not known.
        case unclear
        /// The host was asked, and does not do it.
        case refused
    }

    public let kind: Kind
    public let description: String

    /// Whether what was begun may have been done all the same, or still be going on.
    public var isUnclear: Bool { [.tooLong, .silent, .unclear].contains(kind) }

    init(_ kind: Kind, _ description: String) {
        (self.kind, self.description) = (kind, description)
    }

    static func withoutHostKeys(_ server: Server) -> SSHFailed {
        SSHFailed(
            .otherHostKey,
            "\(server) cannot be recognised over SSH: none of its host keys is known. They are told when it is installed: "
                + "install it anew, or give its keys by hand.")
    }

    static func otherHostKey(_ shown: PublicKey, _ server: Server) -> SSHFailed {
        let sameType = server.hostKeys.filter { $0.type == shown.type }
        let expected = (sameType.isEmpty ? server.hostKeys : sameType).map(\.description).joined(separator: ", ")
        return SSHFailed(
            .otherHostKey,
            "\(server) is not the host that is known: it shows the SSH host key \(shown) instead of \(expected). It was told "
                + "nothing. Find out which machine has this address, or whether the host was installed by hand since.")
    }

    static func loginRefused(_ user: String, _ server: Server) -> SSHFailed {
        SSHFailed(
            .loginRefused,
            "\(server) does not let \(user) log in with this key. Look there with `journalctl -u ssh`, and whether "
                + "~\(user)/.ssh/authorized_keys has it.")
    }

    /// `error` is what the attempt to log in ended with; one that was cancelled is not explained.
    static func unreachable(_ server: Server, _ error: any Error, _ limit: Duration) -> any Error {
        let check = "Check that the machine runs and that sshd answers on it"
        let (fact, remedy) =
            switch error {
            case is Address.Unknown: ("its address is no IP address", "Look the name up before")
            case let error as Errno where error == .timedOut: ("it did not answer within \(limit.shown)", check)
            case let error as Errno where error == .connectionRefused:
                ("nobody listens at port \(server.port)", check)
            case let error as Errno: ("\(error)", "Check its address, and this machine's network")
            case let failure as LibraryFailed: ("the connection ended before the login (\(failure.words))", check)
            default: ("", "")
            }
        return fact.isEmpty ? error : SSHFailed(.unreachable, "\(server) is not reached over SSH: \(fact). \(remedy).")
    }

    static func over(_ command: Command, _ server: Server) -> SSHFailed {
        SSHFailed(.refused, "\(command.name) was not begun on \(server): the session before broke off. Open another.")
    }

    /// `error` is what ended a command before its own end; one that was cancelled is not explained.
    static func interrupted(
        _ command: Command, _ server: Server, _ transcript: Transcript, _ error: any Error
    ) -> any Error {
        let said = transcript.lastLine.map { "It said last: “\(command.masked($0))”." } ?? "It had said nothing."
        let look = "\(said) It may still run there: look before it is begun again."
        switch error {
        case let error as Errno where error == .timedOut && transcript.isTooLong:
            let time = transcript.limit.shown
            return SSHFailed(.tooLong, "\(command.name) on \(server) did not end within \(time). \(look)")
        case let error as Errno where error == .timedOut:
            let time = transcript.silence.shown
            return SSHFailed(.silent, "\(command.name) on \(server) said nothing for \(time). \(look)")
        case let failure as LibraryFailed where failure.isRefusedCommand:
            return SSHFailed(
                .refused, "\(server) does not run \(command.name) (\(failure.words)). Look at its sshd_config.")
        case is LibraryFailed, is Errno:
            let why = (error as? LibraryFailed)?.words ?? "\(error)"
            return SSHFailed(
                .unclear,
                "The connection to \(server) broke while \(command.name) ran (\(why)): how it ended is not known. \(look)"
            )
        default: return error
        }
    }

    /// A command that ran to its end, and says by its status that it did not do what it is for.
    static func notDone(_ what: String, _ server: Server, _ outcome: Outcome) -> SSHFailed {
        let lines = String(decoding: outcome.errors + outcome.output, as: UTF8.self).split(whereSeparator: \.isNewline)
        let said = lines.last.map { ": \(String($0).printable)" } ?? ""
        return SSHFailed(.refused, "\(server) \(what): the command \(outcome.end)\(said).")
    }
}

extension Command {
    /// A line of output without what was given to the command, which may be a secret that it repeats.
    fileprivate func masked(_ line: String) -> String {
        let secrets = String(decoding: input, as: UTF8.self).split(whereSeparator: \.isNewline)
        return secrets.filter { $0.count >= 4 }.reduce(line) { $0.replacing($1, with: "…") }
    }
}

extension Duration {
    fileprivate var shown: String {
        self < .seconds(1) ? "\(Int(self / .milliseconds(1))) ms" : "\(components.seconds) s"
    }
}
