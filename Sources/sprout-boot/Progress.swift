import Linux

/// A download, told of so that "why did it not boot" has an answer.
struct Download: Equatable, Sendable {
    let client: Endpoint
    let name: String
    let size: Int
    let blockSize: Int
    let windowSize: Int
    /// Whether it got the smallest terms, because the client's last download stalled or failed.
    var isCautious = false
    var blocks = 1
    /// The last block that the client said it has; 0 before the first.
    var acknowledgedBlock = 0
    var acknowledgedBytes = 0
    /// How long the client took to acknowledge; nil if it never did, or only what had to be sent again.
    var roundTrip: Duration?
    var retransmissions = 0
    var duration = Duration.zero

    /// Where it stands, in the words that a person who looks for the fault needs.
    var position: String {
        let time = roundTrip.map { "round trip \($0.milliseconds) ms" } ?? "no round trip measured"
        return "block \(acknowledgedBlock) of \(blocks), blocks of \(blockSize) bytes, \(time)"
    }
}

extension Duration {
    /// As people read it: with one digit behind the point where that matters.
    fileprivate var milliseconds: String {
        let tenths = Int(self / .microseconds(100))
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)"
    }
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
                + (download.isCautious ? ", since its last download stalled or failed" : "")
        case .probed(let download):
            "\(download.client) asked for the size of \(download.name): \(download.size) bytes"
        case .finished(let download, let isConfirmed):
            "\(download.client) has \(download.name): \(download.size) bytes in \(download.duration),"
                + " \(download.retransmissions) packets sent again"
                + (isConfirmed ? "" : "; the last block was not acknowledged")
        case .failed(let download, let reason):
            "\(download.client) did not get \(download.name): \(reason); it has \(download.position),"
                + " \(download.retransmissions) packets sent again"
        case .refused(let client, let name, let reason):
            "\(client) was refused \(name): \(reason)"
        }
    }
}
