import Linux

extension Session {
    /// Starts a command as a unit of the host's systemd, which goes on whatever becomes of this session.
    ///
    /// A unit that was started before is left as it is, whether it runs or has ended, until it is forgotten: so asking
    /// again after a crash does nothing twice. `input` is at most 32 KiB, and is where secrets belong.
    public mutating func runDetached(_ unit: String, _ command: [String], input: [UInt8] = []) async throws {
        precondition(!command.isEmpty, "a unit needs a command")
        precondition(input.count <= 1 << 15, "the input of a unit must fit into a pipe")
        // Systemd puts variables into arguments.
        let words = command.map { $0.replacing("$", with: "$$") }
        let script = Script(Self.startScript, [Self.checked(unit), String(input.count)] + words)
        let start = Command(name: "the start of \(unit)", line: script.line, input: input)
        let outcome = try await carryOut(start, Transcript(limit: .seconds(60), silence: .seconds(60)))
        guard outcome.hasSucceeded else { throw SSHFailed.notDone("does not start \(unit)", server, outcome) }
    }

    /// Waits for the end of a unit, and tells what it writes, beginning after the line of `cursor`.
    ///
    /// When the session breaks, another one goes on where this one was, or begins at the first line.
    public mutating func follow(
        _ unit: String, after cursor: String? = nil, _ patience: UnitPatience, onLine: (JournalLine) async -> Void
    ) async throws -> UnitState {
        var transcript = Transcript(limit: patience.limit, silence: patience.silence)
        var latest = cursor
        while true {
            let state = try await look(at: unit, after: latest) { line in
                latest = line.cursor
                transcript.add(Output(stream: .output, bytes: Array("\(line.text)\n".utf8)))
                await onLine(line)
            }
            guard state == .running else { return state }
            guard .now < transcript.deadline else {
                throw SSHFailed.interrupted(Command(name: unit, line: ""), server, transcript, Errno.timedOut)
            }
            try await reactor.sleep(for: patience.pause)
        }
    }

    /// How a unit is, and what it has written after the line of `cursor`.
    public mutating func look(
        at unit: String, after cursor: String? = nil, onLine: (JournalLine) async -> Void = { _ in }
    ) async throws -> UnitState {
        let script = Script(Self.lookScript, [Self.checked(unit), cursor ?? ""])
        var report = UnitReport()
        let outcome = try await carryOut(
            Command(name: "journalctl", line: script.line), Transcript(limit: .seconds(60), silence: .seconds(60))
        ) { chunk in
            guard chunk.stream == .output else { return }
            for line in report.add(chunk.bytes) { await onLine(line) }
        }
        guard outcome.hasSucceeded, let state = report.state else {
            throw SSHFailed.notDone("does not say how \(unit) is", server, outcome)
        }
        return state
    }

    /// Makes a unit that has ended one that was never started; one that runs goes on, and is kept.
    public mutating func forget(_ unit: String) async throws {
        let line = Script(Self.forgetScript, [Self.checked(unit)]).line
        let limits = Transcript(limit: .seconds(60), silence: .seconds(60))
        let outcome = try await carryOut(Command(name: "systemctl", line: line), limits)
        guard outcome.hasSucceeded else { throw SSHFailed.notDone("does not forget \(unit)", server, outcome) }
    }

    private static func checked(_ unit: String) -> String {
        let isPlain = unit.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || character == "-")
        }
        precondition(isPlain && (1...100).contains(unit.utf8.count), "\(unit) is no plain name of a unit")
        return unit
    }
}

/// How long a unit is waited for, and how often it is looked at.
public struct UnitPatience: Sendable {
    public var limit: Duration
    /// The longest time between two lines.
    public var silence: Duration
    public var pause: Duration

    public init(limit: Duration, silence: Duration? = nil, pause: Duration = .seconds(1)) {
        (self.limit, self.silence, self.pause) = (limit, silence ?? limit, pause)
    }
}

extension Session {
    // Input goes through a FIFO that only root can open, and that is gone before the command has read it: `systemd-run
    // --pipe` would tie the command to this session, and whatever else systemd knows of a unit can be read by everybody.
    // The shell holds the FIFO open for both directions, so nobody waits for an end that never comes; with the service
    // type exec systemd-run returns when the command has it, and fails where one has failed by then. A shell without a terminal outlives its session, so the unit
    // gets all of its input, or, where not all of it arrived, is not started.
    //
    // There is no --collect: who comes back later must still find how it ended, and must not start it again.
    fileprivate static let startScript = """
        set -eu
        unit=$1 size=$2 input=
        shift 2
        is_known() { [ "$(systemctl show --property=ActiveState --value "$unit.service")" != inactive ]; }
        is_known && exit 0
        if [ "$size" -gt 0 ]; then
            input=/run/$unit.$$.input
            trap 'rm -f "$input"' EXIT
            mkfifo -m 600 "$input"
            exec 3<>"$input"
            if [ "$(tee "$input" | wc -c)" -ne "$size" ]; then
                echo "its input did not arrive as a whole" >&2
                exit 1
            fi
        fi
        systemd-run --quiet --unit="$unit" --service-type=exec --remain-after-exit --property=WorkingDirectory=/root \\
            --setenv=HOME="$HOME" ${input:+"--property=StandardInput=file:$input"} "$@" 3>&- </dev/null || is_known
        """

    // The state comes before the lines, so that those of a unit that has ended are all there. Which are of an earlier
    // unit of this name is told by its start, since the journal does not know the invocation of one that failed at once:
    // the only time that systemd notes before the command runs is that of its conditions, also where there are none.
    fileprivate static let lookScript = """
        set -eu
        unit=$1.service cursor=$2
        value() { systemctl show --property="$1" --value "$unit"; }
        start=$(value ConditionTimestampMonotonic)
        state=$(systemctl show --property=LoadState,ActiveState,SubState,Result,ExecMainCode,ExecMainStatus "$unit")
        case $state in *SubState=exited*|*ActiveState=failed*) journalctl --sync;; esac
        printf '%s\\n' "$state"
        case $state in *ExecMainCode=[23]*) echo "Signal=$(kill -l "$(value ExecMainStatus)")";; esac
        printf 'Start=%s\\n\\n' "$start"
        journalctl --quiet --no-pager --boot --all --output=json --output-fields=MESSAGE \\
            ${cursor:+"--after-cursor=$cursor"} "_SYSTEMD_UNIT=$unit"
        """

    fileprivate static let forgetScript = """
        set -eu
        unit=$1.service
        case $(systemctl show --property=SubState --value "$unit") in
        exited) systemctl stop "$unit";;
        failed) systemctl reset-failed "$unit";;
        esac
        """
}
