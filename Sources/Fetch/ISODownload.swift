/// An ISO on a web server: what cannot be one is refused before all of it is fetched.
public actor ISODownload {
    public nonisolated let name: String
    public nonisolated let size: Int64
    /// Tells this content from another of the same name and size, where the server does.
    public nonisolated let version: String?
    /// Where a redirect led; nil if it is at the address itself.
    public nonisolated let place: WebURL?

    private let url: WebURL
    private let open: @Sendable (WebURL) -> any RemoteFile
    private let file: any RemoteFile
    /// What was fetched and not taken yet, and where that begins.
    private var rest: [UInt8] = []
    private var position: Int64 = 0

    /// Why something at an address is no ISO, and what to do, as a sentence.
    public struct Refused: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// `open` gives what is at an address; it is asked for the places of a checksum too.
    public init(_ url: WebURL, open: @escaping @Sendable (WebURL) -> any RemoteFile) async throws {
        (self.url, self.open, name) = (url, open, url.fileName)
        file = open(url)
        guard !name.isEmpty else {
            throw Refused(description: "\(url) is a folder: give the address of the ISO itself")
        }
        let content = try await file.begin()
        guard !content.isPage else {
            throw Refused(description: "\(url) is a web page, and no ISO: give the address of the ISO itself")
        }
        guard let size = content.size else {
            throw Refused(
                description: "\(url): its server does not say how large it is. Download it, and import the file")
        }
        (self.size, version, place) = (size, content.version, content.place)
        try await fill(Self.head)
        guard rest.count >= Self.head, rest[(Self.head - 5)..<Self.head].elementsEqual("CD001".utf8) else {
            throw Refused(
                description: "\(url) does not begin as an ISO does: is it another kind of file, or compressed?")
        }
    }

    /// So many bytes, or those that there are, from there on.
    public func read(at offset: Int64, upTo count: Int) async throws -> [UInt8] {
        if offset != position {
            await file.seek(to: offset)
            (position, rest) = (offset, [])
        }
        try await fill(count)
        let piece = Array(rest.prefix(count))
        rest.removeFirst(piece.count)
        position += Int64(piece.count)
        return piece
    }

    private func fill(_ count: Int) async throws {
        while rest.count < count {
            let bytes = try await file.next()
            if bytes.isEmpty { return }
            rest += bytes
        }
    }

    public func publishedChecksum() async -> PublishedChecksum? {
        await PublishedChecksum(of: url) { await self.text($0) }
    }

    /// A short text beside the file; whatever keeps it from being read, there is none.
    private func text(_ place: WebURL) async -> String? {
        let file = open(place)
        guard let content = try? await file.begin(), !content.isPage else { return nil }
        var bytes: [UInt8] = []
        while bytes.count <= Self.longestText, let more = try? await file.next() {
            if more.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += more
        }
        return nil
    }

    /// The end of what an ISO 9660 volume is recognised by (ECMA-119, 8.4).
    private static let head = 32768 + 6
    private static let longestText = 1 << 20
}

extension Content {
    fileprivate var isPage: Bool { type?.lowercased().hasPrefix("text/html") == true }
}
