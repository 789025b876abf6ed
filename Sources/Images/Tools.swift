import Linux

/// The programs of Debian's that take an ISO apart: each runs in a process of its own, so nothing here blocks.
struct Tools: Sendable {
    let reactor: Reactor
    /// A private folder, in which a program's words are kept until it ends.
    let folder: String

    /// Runs a shell line with `arguments` as its `$1`, `$2`, …; what it writes is given back.
    ///
    /// `watch` is asked twice a second how far it is.
    @discardableResult
    func run(
        _ script: String, _ arguments: [String], watch: @Sendable (CInt) -> Void = { _ in }
    ) async throws -> String {
        let log = "\(folder)/words"
        let output = try FileDescriptor(writing: log)
        let program = Program(
            path: "/bin/sh", arguments: ["-c", "set -e; \(script)", "sh"] + arguments,
            environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"], directory: folder)
        let child = try program.start(descriptors: [], output: output, reactor)
        defer { child.endGroup() }
        while true {
            do {
                let end = try await child.end(until: .now + .milliseconds(500))
                let words = String(decoding: (try? Files.read(log, limit: 1 << 20)) ?? [], as: UTF8.self)
                guard end == .exited(0) else { throw ToolFailed(words: words, end: "\(end)") }
                return words
            } catch let error as Errno where error == .timedOut {
                watch(child.processID)
            }
        }
    }
}

/// A program did not do what it was for.
struct ToolFailed: Error, CustomStringConvertible {
    let words: String
    let end: String

    /// The last line is where programs say what is wrong.
    var description: String {
        let last = words.split(whereSeparator: \.isNewline).last { !$0.allSatisfy { $0 == " " } }
        return "\(last.map(String.init) ?? "a program") (\(end))"
    }
}
