import CLinux
import Glibc

/// A program to start, with the sockets and the environment that systemd would give it.
public struct Program: Sendable {
    public var path: String
    public var arguments: [String]
    public var environment: [String: String]
    public var directory: String?

    public init(path: String, arguments: [String] = [], environment: [String: String], directory: String? = nil) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }

    /// Starts it in a process group of its own, its output going to `output`; it ends when this process ends.
    ///
    /// The descriptors become 3, 4, … and an environment entry LISTEN_PID receives its process id, as
    /// `sd_listen_fds` demands.
    public func start(descriptors: [CInt], output: borrowing FileDescriptor, _ reactor: Reactor) throws(Errno) -> Child
    {
        let processID = try start(descriptors, output.rawValue)
        return try Child(processID, reactor)
    }

    private func start(_ descriptors: [CInt], _ output: CInt) throws(Errno) -> pid_t {
        let entries = environment.map { "\($0)=\($1)" } + (descriptors.isEmpty ? [] : ["LISTEN_PID=0123456789"])
        let (words, variables) = (CStrings([path] + arguments), CStrings(entries))
        let strings = CStrings([path, directory ?? "."])
        defer { withExtendedLifetime((words, variables, strings)) {} }
        return try retrying {
            descriptors.withUnsafeBufferPointer { descriptors in
                var program = linux_program(
                    path: strings.pointers[0], arguments: words.pointers, environment: variables.pointers,
                    directory: strings.pointers[1], descriptors: descriptors.baseAddress,
                    descriptor_count: CInt(descriptors.count), output: output)
                return linux_start(&program)
            }
        }
    }

    /// The absolute path of a program, looked for where a shell would.
    public static func find(_ name: String) -> String? {
        let folders = (Environment["PATH"] ?? "").split(separator: ":") + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}

/// A NULL-terminated array of C strings, freed with its owner.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
