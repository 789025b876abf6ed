/// A DHCP message (RFC 2131): the header that it has from BOOTP, and its options.
public struct DHCPMessage: Equatable, Sendable {
    /// Why bytes are not a DHCP message.
    public enum Malformed: Error, Equatable {
        case tooShort(count: Int)
        case notDHCP
        case unknownOperation(UInt8)
        case longHardwareAddress(UInt8)
        case truncatedOption(UInt8)
        case missingEnd
    }

    public enum Operation: UInt8, Sendable { case request = 1, reply = 2 }

    public var operation: Operation
    public var hardwareAddress: HardwareAddress
    public var hops: UInt8 = 0
    /// The client's number for this exchange (xid).
    public var transaction: UInt32
    /// How long the client has been trying (secs); iPXE puts flags of its own there.
    public var seconds: UInt16 = 0
    public var flags: UInt16 = 0
    /// The address that the client already has (ciaddr).
    public var clientAddress = IPv4Address.unspecified
    /// The address that the client is given (yiaddr).
    public var yourAddress = IPv4Address.unspecified
    /// Where the next program comes from (siaddr).
    public var serverAddress = IPv4Address.unspecified
    /// The relay that passed the message on (giaddr).
    public var relayAddress = IPv4Address.unspecified
    /// The fields sname and file, up to their first zero; at most 64 and 128 bytes.
    public var serverName: [UInt8] = []
    public var file: [UInt8] = []
    public var options = DHCPOptions()

    /// The flag with which an answer is asked for, or announced, as a broadcast.
    public static let broadcast: UInt16 = 0x8000

    /// A message of our own.
    public init(operation: Operation, hardwareAddress: HardwareAddress, transaction: UInt32) {
        self.operation = operation
        self.hardwareAddress = hardwareAddress
        self.transaction = transaction
    }

    /// The answer to a request, without its content: what says which request it belongs to.
    public init(answering request: DHCPMessage) {
        operation = .reply
        hardwareAddress = request.hardwareAddress
        transaction = request.transaction
        relayAddress = request.relayAddress
    }

    public init(parsing bytes: Span<UInt8>) throws(Malformed) {
        guard bytes.count >= Self.headerLength else { throw .tooShort(count: bytes.count) }
        guard bytes.bytes(236..<240) == Self.cookie else { throw .notDHCP }
        guard let operation = Operation(rawValue: bytes[0]) else { throw .unknownOperation(bytes[0]) }
        guard bytes[2] <= HardwareAddress.longest else { throw .longHardwareAddress(bytes[2]) }
        self.operation = operation
        hardwareAddress = HardwareAddress(type: bytes[1], bytes: bytes.bytes(28..<28 + Int(bytes[2])))
        hops = bytes[3]
        transaction = bytes.number(at: 4, as: UInt32.self)
        seconds = bytes.number(at: 8, as: UInt16.self)
        flags = bytes.number(at: 10, as: UInt16.self)
        clientAddress = IPv4Address(rawValue: bytes.number(at: 12, as: UInt32.self))
        yourAddress = IPv4Address(rawValue: bytes.number(at: 16, as: UInt32.self))
        serverAddress = IPv4Address(rawValue: bytes.number(at: 20, as: UInt32.self))
        relayAddress = IPv4Address(rawValue: bytes.number(at: 24, as: UInt32.self))
        try options.append(bytes.extracting(Self.headerLength..<bytes.count), needsEnd: true)
        try readNames(bytes)
    }

    /// Option 52 says that a name's field holds more options; the file's field is read first (RFC 2131, 4.1).
    private mutating func readNames(_ bytes: Span<UInt8>) throws(Malformed) {
        let overload = options[.overload]?.first ?? 0
        options[.overload] = nil
        if overload & 1 == 0 {
            file = bytes.bytes(Self.fileField).untilZero
        } else {
            try options.append(bytes.extracting(Self.fileField), needsEnd: false)
        }
        if overload & 2 == 0 {
            serverName = bytes.bytes(Self.serverNameField).untilZero
        } else {
            try options.append(bytes.extracting(Self.serverNameField), needsEnd: false)
        }
        options[.overload] = nil
    }

    /// The bytes, filled up to the 300 of BOOTP: some firmware drops what is shorter.
    public func serialized() -> [UInt8] {
        var bytes = [operation.rawValue, hardwareAddress.type, UInt8(hardwareAddress.bytes.count), hops]
        bytes += transaction.bigEndianBytes + seconds.bigEndianBytes + flags.bigEndianBytes
        for address in [clientAddress, yourAddress, serverAddress, relayAddress] { bytes += address.bytes }
        bytes.append(hardwareAddress.bytes, paddedTo: HardwareAddress.longest)
        bytes.append(serverName, paddedTo: Self.serverNameField.count)
        bytes.append(file, paddedTo: Self.fileField.count)
        bytes += Self.cookie + options.serialized()
        bytes += repeatElement(0, count: max(0, Self.shortestMessage - bytes.count))
        return bytes
    }

    private static let cookie: [UInt8] = [0x63, 0x82, 0x53, 0x63]
    private static let serverNameField = 44..<108
    private static let fileField = 108..<236
    private static let headerLength = 240
    private static let shortestMessage = 300
}
