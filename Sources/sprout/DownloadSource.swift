import Fetch
import Linux

/// A file on a web server, fetched as fast as it is sent on: nothing of it is kept here.
struct DownloadSource: UploadSource {
    let step = "fetching"
    private let url: WebURL
    private let iso: ISODownload

    init(_ url: WebURL, _ reactor: Reactor) async throws {
        let worker = try Worker()
        self.url = url
        iso = try await ISODownload(url) { place in
            Download(place, worker, reactor) { sentence in
                // Of a checksum that is not there nothing is said.
                if place == url { Terminal.remark(sentence) }
            }
        }
    }

    var name: String { iso.name }
    var size: Int64 { iso.size }
    var version: String? { iso.version }

    func read(at offset: Int64, upTo count: Int) async throws -> [UInt8] { try await iso.read(at: offset, upTo: count) }

    func publishedChecksum() async -> String? {
        let checksum = await iso.publishedChecksum()
        Terminal.remark(checksum?.sentence ?? "\(PublishedChecksum.absence(of: url)) With --sha256 it is compared.")
        return checksum?.sha256
    }
}
