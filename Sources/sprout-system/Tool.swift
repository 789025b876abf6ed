import Linux

/// Runs one of Debian's programs, and takes its last line as the reason when it fails.
enum Tool {
    static func run(_ name: String, _ arguments: [String], _ reactor: Reactor) async throws {
        guard let path = Program.find(name) else { throw ToolFailed(description: "there is no program \(name)") }
        let log = "/run/sprout-system/words"
        let output = try FileDescriptor(writing: log)
        let program = Program(
            path: path, arguments: arguments, environment: ["LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin"])
        let end = try await program.start(descriptors: [], output: output, reactor).end()
        guard end != .exited(0) else { return }
        let last = ((try? Files.text(log)) ?? "").split(whereSeparator: \.isNewline).last
        throw ToolFailed(description: "\(name) \(end): \(last ?? "it says nothing")")
    }
}

struct ToolFailed: Error, CustomStringConvertible {
    let description: String
}
