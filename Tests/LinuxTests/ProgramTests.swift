import Glibc
import Testing

@testable import Linux

@Suite(.timeLimit(.minutes(5))) struct ProgramTests {
    /// What a shell command prints, and how it ends.
    private func shell(
        _ command: String, environment: [String: String] = [:], descriptors: [CInt] = []
    ) async throws -> (String, Child.End) {
        let (reader, writer) = try FileDescriptor.pipe()
        let output = try Linux.Stream(FileDescriptor(owning: reader), reactor)
        let program = Program(path: "/bin/sh", arguments: ["-c", command], environment: environment)
        let child = try program.start(descriptors: descriptors, output: FileDescriptor(owning: writer), reactor)
        let end = try await child.end()
        var bytes: [UInt8] = []
        while try await output.read(into: &bytes) {}
        return (String(decoding: bytes, as: UTF8.self), end)
    }

    @Test func `its end is told`() async throws {
        #expect(try await shell("exit 7").1 == .exited(7))
        #expect(try await shell("kill -9 $$").1 == .killed(signal: 9))
    }

    @Test func `it gets its environment and nothing else`() async throws {
        let (text, _) = try await shell("echo $A; echo $HOME", environment: ["A": "b"])
        #expect(text == "b\n\n")
    }

    @Test func `sockets begin at 3, and LISTEN_PID is its own`() async throws {
        let (reader, writer) = try FileDescriptor.pipe()
        defer { for fd in [reader, writer] { close(fd) } }
        let command = "[ \"$LISTEN_PID\" = $$ ] && ls /proc/$$/fd"
        let (text, _) = try await shell(command, environment: ["PATH": "/bin:/usr/bin"], descriptors: [reader, writer])
        #expect(text == "0\n1\n2\n3\n4\n")
    }

    @Test func `a program that is not there is an error, not a child`() throws {
        let (reader, writer) = try FileDescriptor.pipe()
        defer { close(reader) }
        let program = Program(path: "/nowhere/program", environment: [:])
        #expect(throws: Errno.noSuchFile) {
            _ = try program.start(descriptors: [], output: FileDescriptor(owning: dup(writer)), reactor)
        }
        close(writer)
    }
}
