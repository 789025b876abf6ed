import Crypto
import Glibc
import Linux
import SSH
import Testing

let reactor: Reactor = {
    signal(SIGPIPE, SIG_IGN)
    guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
    reactor.start()
    return reactor
}()

/// A real sshd on a port of its own for the time of `body`, with a home for who logs in.
func serving(
    _ types: [String] = ["ed25519", "ecdsa"], _ lines: [String] = [],
    _ body: @escaping @Sendable (Place) async throws -> Void
) async throws {
    try await withTaskExecutorPreference(reactor) {
        let place = try await Place(types, lines)
        let (reader, writer) = try FileDescriptor.pipe()
        let said = try Linux.Stream(FileDescriptor(owning: reader), reactor)
        let program = Program(
            path: "/usr/sbin/sshd", arguments: ["-D", "-e", "-f", place.file("sshd_config")], environment: [:])
        let sshd = try program.start(descriptors: [], output: FileDescriptor(owning: writer), reactor)
        try await withThrowingTaskGroup { group in
            group.addTask { try await place.log.keep(said) }
            group.addTask {
                await place.log.line("Server listening")
                try await body(place)
            }
            try await group.next()
            group.cancelAll()
        }
        sshd.signal(SIGKILL)
        _ = try await sshd.end()
        _ = try await Place.shell("rm -rf \(place.folder)")
    }
}

/// Where a test's server is, and who may log in there.
struct Place: Sendable {
    let folder: String
    let port: UInt16
    let log = Log()
    private let key: KeyPair

    init(_ types: [String], _ lines: [String]) async throws {
        folder = "/tmp/sprout-ssh-\(UInt64.random(in: 0 ..< .max))"
        port = try Self.freePort()
        key = try KeyPair()
        try Files.makeFolder("\(folder)/home/.ssh", mode: 0o700)
        // Where sshd of Debian parts from its rights; its unit would make it.
        if getuid() == 0 { try Files.makeFolder("/run/sshd") }
        _ = try await Self.shell(
            types.map { "ssh-keygen -q -t \($0) -N '' -f \(folder)/host_\($0) -C ''" }.joined(separator: "\n"))
        try Files.write(publicKey(comment: "sprout") + "\n", to: authorizedKeys, mode: 0o600)
        let options = [
            "AuthorizedKeysFile \(authorizedKeys)", "ListenAddress 127.0.0.1:\(port)", "LogLevel VERBOSE",
            "MaxStartups 100", "PidFile none", "PermitRootLogin prohibit-password", "SetEnv HOME=\(folder)/home",
            "StrictModes no",
        ]
        let keys = types.map { "HostKey \(folder)/host_\($0)" }
        try Files.write((lines + options + keys).joined(separator: "\n") + "\n", to: file("sshd_config"))
    }

    func file(_ name: String) -> String { "\(folder)/\(name)" }
    var authorizedKeys: String { file("home/.ssh/authorized_keys") }
    func publicKey(comment: String) -> String { key.line(comment: comment) }
    func hostKey(_ type: String) throws -> PublicKey {
        try #require(PublicKey(Files.text(file("host_\(type).pub"))))
    }

    func server(_ types: String...) throws -> Server {
        try Server("127.0.0.1", port: port, hostKeys: types.map(hostKey))
    }

    var login: Login { Self.login(key) }

    static func login(_ key: KeyPair) -> Login {
        Login(user: String(cString: getpwuid(getuid()).pointee.pw_name), privateKey: key.privateKey)
    }

    func session() async throws -> Session { try await Session(to: server("ed25519"), as: login, reactor) }

    /// What a command on this machine prints, and that it succeeds.
    static func shell(_ command: String) async throws -> String {
        let (reader, writer) = try FileDescriptor.pipe()
        let output = try Linux.Stream(FileDescriptor(owning: reader), reactor)
        let program = Program(path: "/bin/sh", arguments: ["-ec", command], environment: ["PATH": "/usr/bin:/bin"])
        let child = try program.start(descriptors: [], output: FileDescriptor(owning: writer), reactor)
        var bytes: [UInt8] = []
        while try await output.read(into: &bytes) {}
        let text = String(decoding: bytes, as: UTF8.self)
        let end = try await child.end()
        try #require(end == .exited(0), "\(command): \(text)")
        return text
    }

    static func freePort() throws -> UInt16 { try listening().port }

    /// A socket on which connections wait that nobody accepts.
    static func listening() throws -> (socket: Silent, port: UInt16) {
        let socket = try FileDescriptor.listening(on: .tcp(host: "127.0.0.1", port: 0))
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let fd = socket.rawValue
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
        }
        guard code == 0 else { throw Errno(rawValue: errno) }
        return (try Silent(socket), UInt16(bigEndian: address.sin_port))
    }

    final class Silent: Sendable {
        private let socket: FileDescriptor
        init(_ socket: consuming FileDescriptor) throws { self.socket = socket }
    }
}

/// What sshd says.
actor Log {
    private(set) var lines: [String] = []
    private var awaited: [(text: String, arrival: AsyncStream<Void>.Continuation)] = []

    func keep(_ stream: Linux.Stream) async throws {
        var bytes: [UInt8] = []
        while try await stream.read(into: &bytes) {
            while let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                add(String(decoding: bytes[..<end], as: UTF8.self))
                bytes.removeSubrange(...end)
            }
        }
    }

    private func add(_ line: String) {
        lines.append(line)
        for waiter in awaited where line.contains(waiter.text) { waiter.arrival.yield() }
        awaited.removeAll { line.contains($0.text) }
    }

    /// Returns when there is a line with `text` in it.
    func line(_ text: String) async {
        guard !contains(text) else { return }
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        awaited.append((text, arrival))
        for await _ in arrivals { return }
    }

    func contains(_ text: String) -> Bool { lines.contains { $0.contains(text) } }
}

/// Whether a call throws an error over SSH, and which.
func failure(_ body: () async throws -> Void) async throws -> SSHFailed {
    try await #require(throws: SSHFailed.self) { try await body() }
}
