import Linux

/// A download, told of so that "why did it not boot" has an answer.
struct Download: Equatable, Sendable {
    let client: Endpoint
    let name: String
    let size: Int
    let blockSize: Int
    let windowSize: Int
    var acknowledgedBytes = 0
    var retransmissions = 0
    var duration = Duration.zero
}

/// What becomes of the requests for boot files.
enum Progress: Equatable, Sendable {
    case began(Download)
    case probed(Download)
    case finished(Download, isConfirmed: Bool)
    case failed(Download, reason: String)
    case refused(client: Endpoint, name: String, reason: String)
}

extension Progress: CustomStringConvertible {
    var description: String {
        switch self {
        case .began(let download):
            "\(download.client) downloads \(download.name): \(download.size) bytes in blocks of \(download.blockSize),"
                + " \(download.windowSize) at a time"
        case .probed(let download):
            "\(download.client) asked for the size of \(download.name): \(download.size) bytes"
        case .finished(let download, let isConfirmed):
            "\(download.client) has \(download.name): \(download.size) bytes in \(download.duration),"
                + " \(download.retransmissions) packets sent again"
                + (isConfirmed ? "" : "; the last block was not acknowledged")
        case .failed(let download, let reason):
            "\(download.client) did not get \(download.name): \(reason); \(download.acknowledgedBytes) of"
                + " \(download.size) bytes were acknowledged, \(download.retransmissions) packets sent again"
        case .refused(let client, let name, let reason):
            "\(client) was refused \(name): \(reason)"
        }
    }
}
