import Glibc
import Testing

@testable import Linux

@Suite(.timeLimit(.minutes(5))) struct FilesTests {
    let folder: String

    init() throws {
        var template = Array("/tmp/sprout-files-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        folder = String(cString: path)
    }

    @Test func `a file is replaced as a whole`() throws {
        try Files.write("one", to: "\(folder)/file")
        try Files.write("two", to: "\(folder)/file")
        #expect(try Files.text("\(folder)/file") == "two")
        #expect(Files.names(in: folder) == ["file"])
    }

    @Test func `a file that is not there has the kernel's reason`() {
        #expect(throws: Errno.noSuchFile) { try Files.read("\(folder)/nothing") }
    }

    @Test func `a file larger than expected is not read to its end`() {
        #expect(throws: Errno(rawValue: EFBIG)) { try Files.read("/dev/zero") }
    }

    @Test func `folders are made with those above them`() throws {
        try Files.makeFolder("\(folder)/a/b/c")
        try Files.makeFolder("\(folder)/a/b/c")
        #expect(Files.names(in: "\(folder)/a/b") == ["c"])
    }

    @Test func `a lock has one holder, and goes with it`() throws {
        do {
            let first = try FileLock.take("\(folder)/lock")
            let second = try FileLock.take("\(folder)/lock")
            let (isFirst, isSecond) = (first != nil, second != nil)
            #expect(isFirst && !isSecond)
        }
        let third = try FileLock.take("\(folder)/lock")
        let isThird = third != nil
        #expect(isThird)
    }

    @Test func `a change in a folder is told`() async throws {
        let watch = try FileWatch(folder: folder, reactor)
        async let change: Void = watch.change()
        try Files.write("new", to: "\(folder)/file")
        try await change
    }

    @Test func `a socket path that does not fit is refused with the limit`() {
        let path = "/tmp/" + String(repeating: "x", count: 120)
        #expect(throws: Address.Unknown.self) { _ = try FileDescriptor.listening(on: .unix(path: path)) }
    }

    static let authorities: [(String, Address?)] = [
        ("sprout.local", .tcp(host: "sprout.local", port: 80)),
        ("10.0.0.1:8080", .tcp(host: "10.0.0.1", port: 8080)),
        ("[::1]:8080", .tcp(host: "::1", port: 8080)),
        ("[::1]", .tcp(host: "::1", port: 80)),
        ("", nil), (":80", nil), ("host:", nil), ("host:0", nil), ("host:65536", nil), ("::1:80", nil), ("[::1", nil),
        ("host:80x", nil), ("host:-1", nil),
    ]

    @Test(arguments: authorities)
    func `an authority is read, or refused`(text: String, expected: Address?) {
        #expect(Address(authority: text[...], defaultPort: 80) == expected)
    }
}
