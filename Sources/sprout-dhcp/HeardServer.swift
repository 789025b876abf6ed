import Model
import Wire

/// What was heard from another server.
struct HeardServer: Equatable, Sendable {
    let address: IPv4Address
    let kind: ForeignServer.Kind
    let offers: String

    /// A server that a machine took an offer of; what else it offers is not known.
    init(chosen address: IPv4Address) {
        self.address = address
        kind = .dhcp
        offers = "addresses"
    }

    /// Nil for a message that is no server's offer or acknowledgement.
    init?(_ message: DHCPMessage, from sender: UInt32) {
        guard message.operation == .reply, message.kind == .offer || message.kind == .acknowledgement, sender != 0
        else { return nil }
        address = IPv4Address(rawValue: sender)
        let offers = message.bootOffer
        kind = offers == nil ? .dhcp : .boot
        self.offers = offers ?? "addresses"
    }
}

extension DHCPMessage {
    /// What a machine that netboots would make of a server's message, in words; nil if nothing.
    fileprivate var bootOffer: String? {
        let name = [options[.bootFile] ?? [], file].map(\.printable).first { !$0.isEmpty }
        if let name { return "the program \(name)" }
        if vendorClass?.hasPrefix("PXEClient") == true { return "a boot service of PXE" }
        if vendorClass?.hasPrefix("HTTPClient") == true { return "a boot service over HTTP" }
        if options[.bootServer] != nil { return "a boot server (option 66)" }
        return options[.vendorOptions] == nil ? nil : "options of PXE (43)"
    }
}

extension [UInt8] {
    /// A text from the network, as far as it may stand in a line.
    fileprivate var printable: String {
        String(decoding: prefix { $0 != 0 }.prefix(100).map { (33...126).contains($0) ? $0 : 63 }, as: UTF8.self)
    }
}

/// Our own question, with which other servers are found: it asks as a machine that does not exist.
struct ServerProbe: Sendable {
    /// An address that no maker gives to a card (the bit 0x02), so that it is nobody's.
    let hardware: HardwareAddress

    init() {
        let random = (0..<5).map { _ in UInt8.random(in: 0...255) }
        hardware = HardwareAddress(type: 1, bytes: [2] + random)
    }

    /// Whether a message is our own question, which comes back to us as it does to all.
    func isOwn(_ bytes: [UInt8]) -> Bool { bytes.count > 34 && bytes[28..<34].elementsEqual(hardware.bytes) }

    /// The questions of one round: as a UEFI machine and as a BIOS, which a boot server may answer differently.
    var questions: [[UInt8]] {
        [Architecture(rawValue: 7), .bios].map { architecture in
            var message = DHCPMessage(
                operation: .request, hardwareAddress: hardware, transaction: UInt32.random(in: 0...UInt32.max))
            message.flags = DHCPMessage.broadcast
            message.options[.messageType] = [DHCPMessage.Kind.discover.rawValue]
            message.options[.parameterList] = [1, 3, 43, 54, 60, 66, 67]
            let number = "\(architecture.rawValue)"
            let padded = String(repeating: "0", count: 5 - number.count) + number
            message.options[.vendorClass] = Array("PXEClient:Arch:\(padded):UNDI:003000".utf8)
            message.options[.architectures] = [0, UInt8(architecture.rawValue)]
            message.options[.networkInterface] = [1, 3, 0]
            return message.serialized()
        }
    }
}
