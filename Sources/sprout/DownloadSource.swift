import Fetch
import Linux

/// A file on a web server, fetched as fast as it is sent on: nothing of it is kept here.
actor DownloadSource: UploadSource {
    nonisolated let name: String
    nonisolated let size: Int64
    nonisolated let version: String?
    nonisolated let step = "fetching"

    private let url: WebURL
    private let worker: Worker
    private let reactor: Reactor
    private let download: Download
    /// What was fetched and not taken yet, and where that begins.
    private var rest: [UInt8] = []
    private var position: Int64 = 0

    /// Asks for the file, and refuses what cannot be an ISO before all of it is fetched.
    init(_ url: WebURL, _ reactor: Reactor) async throws {
        (self.url, self.reactor, worker, name) = (url, reactor, try Worker(), url.fileName)
        download = Download(url, worker, reactor, say: Terminal.remark)
        guard !name.isEmpty else {
            throw Failure(description: "\(url) is a folder: give the address of the ISO itself")
        }
        let answer = try await download.begin()
        guard answer.contentType?.lowercased().hasPrefix("text/html") != true else {
            throw Failure(description: "\(url) is a web page, and no ISO: give the address of the ISO itself")
        }
        guard let size = answer.size else {
            throw Failure(
                description: "\(url): its server does not say how large it is. Download it, and import the file")
        }
        (self.size, version) = (size, answer.version)
        try await fill(Self.head)
        guard rest.count >= Self.head, rest[(Self.head - 5)..<Self.head].elementsEqual("CD001".utf8) else {
            throw Failure(
                description: "\(url) does not begin as an ISO does: is it another kind of file, or compressed?")
        }
    }

    func read(at offset: Int64, upTo count: Int) async throws -> [UInt8] {
        if offset != position {
            await download.seek(to: offset)
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
            let bytes = try await download.next()
            if bytes.isEmpty { return }
            rest += bytes
        }
    }

    func publishedChecksum() async -> String? {
        let checksum = await PublishedChecksum(of: url) { await self.text($0) }
        Terminal.remark(checksum?.sentence ?? PublishedChecksum.absence(of: url))
        return checksum?.sha256
    }

    /// A short text beside the file; whatever keeps it from being read, there is none.
    private func text(_ place: WebURL) async -> String? {
        let download = Download(place, worker, reactor)
        guard let answer = try? await download.begin(), answer.contentType?.lowercased().hasPrefix("text/html") != true
        else { return nil }
        var bytes: [UInt8] = []
        while bytes.count <= Self.longestText, let more = try? await download.next() {
            if more.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += more
        }
        return nil
    }

    /// The end of what an ISO 9660 volume is recognised by (ECMA-119, 8.4).
    private static let head = 32768 + 6
    private static let longestText = 1 << 20
}
