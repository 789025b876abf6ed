/// A TFTP packet (RFC 1350), with the options that later RFCs added to requests.
public enum TFTPPacket: Equatable, Sendable {
    case readRequest(TFTPRequest)
    case writeRequest(TFTPRequest)
    case data(block: UInt16, bytes: ArraySlice<UInt8>)
    case acknowledgement(block: UInt16)
    case error(TFTPError)
    case optionAcknowledgement(TFTPOptions)

    public enum Malformed: Error, Equatable {
        case truncated
        case unknownOperation(UInt16)
        case unterminated(Field)
        case unnamed

        public enum Field: Sendable { case name, mode }
    }

    public init(parsing bytes: Span<UInt8>) throws(Malformed) {
        guard bytes.count >= 4 else { throw .truncated }
        let operation = bytes.number(at: 0, as: UInt16.self)
        switch Operation(rawValue: operation) {
        case .readRequest: self = .readRequest(try TFTPRequest(parsing: bytes, from: 2))
        case .writeRequest: self = .writeRequest(try TFTPRequest(parsing: bytes, from: 2))
        case .data: self = .data(block: bytes.number(at: 2, as: UInt16.self), bytes: bytes.bytes(4..<bytes.count)[...])
        case .acknowledgement: self = .acknowledgement(block: bytes.number(at: 2, as: UInt16.self))
        case .error:
            // Some firmware sends its last words without the NUL.
            let text = bytes.bytes(4..<(bytes.firstZero(from: 4) ?? bytes.count))
            self = .error(
                TFTPError(code: bytes.number(at: 2, as: UInt16.self), text: String(decoding: text, as: UTF8.self)))
        case .optionAcknowledgement: self = .optionAcknowledgement(TFTPOptions(parsing: bytes, from: 2))
        case nil: throw .unknownOperation(operation)
        }
    }

    public func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    /// Appends the packet to bytes that are to be sent together: a file's blocks are copied once, and nothing else is.
    public func append(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: operation.rawValue)
        switch self {
        case .readRequest(let request), .writeRequest(let request): bytes += request.serialized()
        case .data(let block, let content):
            bytes.append(bigEndian: block)
            bytes += content
        case .acknowledgement(let block): bytes.append(bigEndian: block)
        case .error(let error):
            bytes.append(bigEndian: error.code)
            bytes += error.text.utf8
            bytes.append(0)
        case .optionAcknowledgement(let options): bytes += options.serialized()
        }
    }

    private var operation: Operation {
        switch self {
        case .readRequest: .readRequest
        case .writeRequest: .writeRequest
        case .data: .data
        case .acknowledgement: .acknowledgement
        case .error: .error
        case .optionAcknowledgement: .optionAcknowledgement
        }
    }

    private enum Operation: UInt16 {
        case readRequest = 1
        case writeRequest, data, acknowledgement, error, optionAcknowledgement
    }
}

/// Asks for a file by a name that is still the client's bytes: old ROMs put garbage behind it.
public struct TFTPRequest: Equatable, Sendable {
    public var name: [UInt8]
    public var mode: Mode
    public var options: TFTPOptions

    public enum Mode: Equatable, Sendable { case octet, netascii, mail, unknown }

    public init(name: [UInt8], mode: Mode = .octet, options: TFTPOptions = TFTPOptions()) {
        self.name = name
        self.mode = mode
        self.options = options
    }

    init(parsing bytes: Span<UInt8>, from start: Int) throws(TFTPPacket.Malformed) {
        guard let nameEnd = bytes.firstZero(from: start) else { throw .unterminated(.name) }
        guard nameEnd > start else { throw .unnamed }
        // A ROM that counts the NUL of a DHCP file name as part of it sends two.
        var modeStart = nameEnd + 1
        while modeStart < bytes.count, bytes[modeStart] == 0 { modeStart += 1 }
        guard let modeEnd = bytes.firstZero(from: modeStart) else { throw .unterminated(.mode) }
        name = bytes.bytes(start..<nameEnd)
        mode = Mode(String(decoding: bytes.bytes(modeStart..<modeEnd), as: UTF8.self))
        options = TFTPOptions(parsing: bytes, from: modeEnd + 1)
    }

    func serialized() -> [UInt8] { name + [0] + Array(mode.text.utf8) + [0] + options.serialized() }
}

extension TFTPRequest.Mode {
    init(_ text: String) {
        switch text.lowercased() {
        case "octet": self = .octet
        case "netascii": self = .netascii
        case "mail": self = .mail
        default: self = .unknown
        }
    }

    var text: String {
        switch self {
        case .octet: "octet"
        case .netascii: "netascii"
        case .mail: "mail"
        case .unknown: "unknown"
        }
    }
}

/// The end of a transfer that one side does not want to go on with.
public struct TFTPError: Equatable, Sendable {
    public var code: UInt16
    public var text: String

    public init(code: UInt16, text: String) {
        self.code = code
        self.text = text
    }

    public static let fileNotFound = TFTPError(code: 1, text: "File not found")
    public static let accessViolation = TFTPError(code: 2, text: "Access violation")
    public static let illegalOperation = TFTPError(code: 4, text: "Illegal operation")
    public static let unknownTransfer = TFTPError(code: 5, text: "Unknown transfer")
}

extension Span<UInt8> {
    func firstZero(from start: Int) -> Int? {
        var index = start
        while index < count {
            if self[index] == 0 { return index }
            index += 1
        }
        return nil
    }
}
