/// What a message's options mean, where firmware and iPXE agree on how to write it.
extension DHCPMessage {
    /// What a message is for (option 53).
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let discover = Kind(rawValue: 1)
        public static let offer = Kind(rawValue: 2)
        public static let request = Kind(rawValue: 3)
        public static let decline = Kind(rawValue: 4)
        public static let acknowledgement = Kind(rawValue: 5)
        public static let refusal = Kind(rawValue: 6)
        public static let release = Kind(rawValue: 7)
        public static let inform = Kind(rawValue: 8)
    }

    public var kind: Kind? {
        guard let bytes = options[.messageType], bytes.count == 1 else { return nil }
        return Kind(rawValue: bytes[0])
    }

    /// The server that a message is from, or that its client chose (option 54).
    public var serverIdentifier: IPv4Address? { options.address(.serverIdentifier) }

    /// The address that the client would like to have, or was offered (option 50).
    public var requestedAddress: IPv4Address? { options.address(.requestedAddress) }

    /// What a relay added about the network that the message came from (option 82).
    public var relayOptions: DHCPOptions? {
        options[.relayAgent].flatMap { try? DHCPOptions(parsing: $0.span, isEncapsulated: true) }
    }

    /// A network that is not the relay's own, for which an address is asked (RFC 3527).
    public var linkSelection: IPv4Address? { relayOptions?.address(.linkSelection) }

    /// The address by which the client is to know us, because the relay wants to see all its messages (RFC 5107).
    public var serverOverride: IPv4Address? { relayOptions?.address(.serverOverride) }

    /// The numbers of the options that the client would like to have (option 55).
    public var parameterList: [UInt8] { options[.parameterList] ?? [] }

    /// How long an answer may be, its IP and UDP headers included (option 57).
    ///
    /// Every client takes 576 bytes; EDK2 claims 65280, which no Ethernet carries.
    public var maximumSize: Int {
        guard let bytes = options[.maximumSize], bytes.count == 2 else { return 576 }
        return min(max(576, Int(bytes.number(at: 0, as: UInt16.self))), 1472)
    }

    /// What made the message, in its maker's words (option 60): firmware writes `PXEClient:Arch:00007:UNDI:003000`.
    public var vendorClass: String? {
        options[.vendorClass].map { String(decoding: $0.untilZero, as: UTF8.self) }
    }

    /// What the client counts itself among (option 77), each with its length before it (RFC 3004).
    ///
    /// iPXE leaves the length out: `iPXE`.
    public var userClasses: [String] {
        guard let bytes = options[.userClass], !bytes.isEmpty else { return [] }
        var classes: [String] = []
        var rest = bytes[...]
        while let length = rest.first, length > 0, rest.count > Int(length) {
            classes.append(String(decoding: rest.dropFirst().prefix(Int(length)), as: UTF8.self))
            rest = rest.dropFirst(1 + Int(length))
        }
        return rest.isEmpty ? classes : [String(decoding: bytes.untilZero, as: UTF8.self)]
    }

    /// The kinds of machine whose programs the client can run (option 93), the best first.
    public var architectures: [Architecture] {
        let bytes = options[.architectures] ?? []
        return stride(from: 0, to: bytes.count & ~1, by: 2).map {
            Architecture(rawValue: bytes.number(at: $0, as: UInt16.self))
        }
    }

    /// The firmware's network driver (option 94): its type, of which 1 is UNDI, and its version.
    public var networkInterface: (type: UInt8, major: UInt8, minor: UInt8)? {
        guard let bytes = options[.networkInterface], bytes.count == 3 else { return nil }
        return (bytes[0], bytes[1], bytes[2])
    }

    /// The machine's SMBIOS UUID (option 97), where its maker gave it one.
    public var machineUUID: MachineUUID? {
        guard let bytes = options[.machineIdentifier], bytes.count == 17, bytes[0] == 0 else { return nil }
        return MachineUUID(smbios: bytes.dropFirst())
    }

    /// What the options mean that are encapsulated in option 43.
    public var vendorOptions: DHCPOptions? {
        guard let bytes = options[.vendorOptions] else { return nil }
        return try? DHCPOptions(parsing: bytes.span, isEncapsulated: true)
    }

    /// What an iPXE tells about itself (option 175), or nil if this is none.
    public var ipxe: IPXE? {
        guard let bytes = options[.ipxe] else { return userClasses.contains("iPXE") ? IPXE() : nil }
        return IPXE(parsing: bytes.span)
    }

    /// The loader in a Raspberry Pi's EEPROM takes files from a TFTP server, but runs no netboot program.
    ///
    /// It calls itself a BIOS. What a Pi says of itself once UEFI firmware runs on it is another architecture.
    public var isRaspberryPi: Bool {
        guard let architecture = architectures.first, ipxe == nil else { return false }
        if architecture == .raspberryPi { return true }
        guard architecture == .bios else { return false }
        let isSelfNamed = options[.machineIdentifier]?.dropFirst().starts(with: "RPi".utf8) ?? false
        return isSelfNamed || Self.raspberryPiMakers.contains(Array(hardwareAddress.bytes.prefix(3)))
    }

    private static let raspberryPiMakers: Set<[UInt8]> = [
        [0xB8, 0x27, 0xEB], [0xDC, 0xA6, 0x32], [0xE4, 0x5F, 0x01], [0x28, 0xCD, 0xC1], [0xD8, 0x3A, 0xDD],
        [0x2C, 0xCF, 0x67], [0x88, 0xA2, 0x9E],
    ]
}

extension DHCPOptions {
    /// An option that holds one address.
    public func address(_ code: Code) -> IPv4Address? {
        guard let bytes = self[code], bytes.count == 4 else { return nil }
        return IPv4Address(rawValue: bytes.number(at: 0, as: UInt32.self))
    }
}

extension DHCPOptions.Code {
    /// Inside option 82.
    public static let linkSelection = Self(rawValue: 5)
    public static let serverOverride = Self(rawValue: 11)
}
