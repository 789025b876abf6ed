/// A file on a web server, whose bytes are taken one after the other.
public protocol RemoteFile: Sendable {
    /// Sends the request, and gives what the server says of the whole.
    func begin() async throws -> Content
    /// Goes on at another byte.
    func seek(to offset: Int64) async
    /// The next bytes; none at the end.
    func next() async throws -> [UInt8]
}
