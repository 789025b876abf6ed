/// The options of a TFTP request or of its answer (RFC 2347): those we know, as numbers; all others are left out.
public struct TFTPOptions: Equatable, Sendable {
    /// Bytes in a block (RFC 2348).
    public var blockSize: Int?
    /// Bytes in the file (RFC 2349); a client that asks for it sends 0.
    public var transferSize: Int?
    /// Seconds until a retransmission (RFC 2349).
    public var timeout: Int?
    /// Blocks until an acknowledgement (RFC 7440).
    public var windowSize: Int?

    public init(blockSize: Int? = nil, transferSize: Int? = nil, timeout: Int? = nil, windowSize: Int? = nil) {
        self.blockSize = blockSize
        self.transferSize = transferSize
        self.timeout = timeout
        self.windowSize = windowSize
    }

    public var isEmpty: Bool { self == TFTPOptions() }

    /// Reads pairs of texts.
    ///
    /// What makes no sense is not there, since a client without its option still boots, and one that is refused does not:
    /// so half a pair at the end is no error, and an empty name, with which padding begins, is the end.
    init(parsing bytes: Span<UInt8>, from start: Int) {
        var cursor = start
        while let nameEnd = bytes.firstZero(from: cursor), nameEnd > cursor,
            let valueEnd = bytes.firstZero(from: nameEnd + 1)
        {
            let name = String(decoding: bytes.bytes(cursor..<nameEnd), as: UTF8.self).lowercased()
            if let value = Self.number(bytes.bytes(nameEnd + 1..<valueEnd)[...]) { set(name, value) }
            cursor = valueEnd + 1
        }
    }

    func serialized() -> [UInt8] {
        let pairs = [
            ("blksize", blockSize), ("tsize", transferSize), ("timeout", timeout), ("windowsize", windowSize),
        ]
        var text = ""
        for case (let name, let value?) in pairs { text += "\(name)\0\(value)\0" }
        return Array(text.utf8)
    }

    /// Sets an option that may hold this value; an option that comes twice keeps its first (RFC 2347 allows one).
    private mutating func set(_ name: String, _ value: Int) {
        switch name {
        case "blksize" where value >= 8: blockSize = blockSize ?? value
        case "tsize": transferSize = transferSize ?? value
        case "timeout" where 1...255 ~= value: timeout = timeout ?? value
        case "windowsize" where value >= 1: windowSize = windowSize ?? value
        default: break
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard 1...18 ~= digits.count, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
