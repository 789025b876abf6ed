import Wire

/// What a machine that netboots is told, and where that is sent.
struct Reply: Sendable {
    let gift: Gift
    let message: DHCPMessage
    /// The message as it is sent.
    let bytes: [UInt8]
    let destination: Destination

    /// What an answer is about.
    enum Gift: Sendable, Equatable {
        /// That we are a boot server, to be asked again.
        case bootServer
        case program(NetbootProgram)
        case programOverHTTP(NetbootProgram, url: String)
        case script(url: String)

        var isProgram: Bool {
            switch self {
            case .program, .programOverHTTP: true
            case .bootServer, .script: false
            }
        }
    }

    enum Destination: Equatable, Sendable {
        /// Everyone on the network: the machine has no address yet, or cannot tell us which.
        case everyone
        case sender
        case relay(IPv4Address)
    }

    /// No address is given, no router, no names, no lease: those are the router's to give.
    init(_ gift: Gift, to client: NetbootClient, at port: ProxyPolicy.Port, from server: IPv4Address) {
        let request = client.request
        var message = DHCPMessage(answering: request)
        message.serverAddress = server
        message.options[.messageType] = [(port == .dhcp ? DHCPMessage.Kind.offer : .acknowledgement).rawValue]
        message.options[.serverIdentifier] = server.bytes
        message.options[.vendorClass] = Array("\(Self.protocolName(gift))".utf8)
        message.options[.machineIdentifier] = request.options[.machineIdentifier]
        message.options[.vendorOptions] = Self.vendorOptions(gift, client)
        message.put(gift, from: server)
        message.options[.relayAgent] = request.options[.relayAgent]
        switch port {
        case .bootServer:
            message.clientAddress = request.clientAddress
            destination = .sender
        case .dhcp:
            message.flags = DHCPMessage.broadcast
            destination = request.relayAddress == .unspecified ? .everyone : .relay(request.relayAddress)
        }
        self.gift = gift
        self.message = message
        bytes = message.serialized()
    }

    /// IPXE takes an answer for a boot server's only if it says PXEClient, however its own question was spelled.
    private static func protocolName(_ gift: Gift) -> String {
        if case .programOverHTTP = gift { return "HTTPClient" }
        return "PXEClient"
    }

    /// PXE's own options, for a BIOS only: EDK2 before 2017 drops an offer that carries them.
    ///
    /// A boot item that was asked for is repeated; else the client is told to load the file that is named, without a
    /// menu (discovery control, bit 3).
    private static func vendorOptions(_ gift: Gift, _ client: NetbootClient) -> [UInt8]? {
        guard client.architecture.family == .bios, !gift.isOverHTTP else { return nil }
        var options = DHCPOptions()
        if let item = client.request.vendorOptions?[.bootItem] {
            options[.bootItem] = item
        } else {
            options[.discoveryControl] = [8]
        }
        return options.serialized()
    }
}

extension Reply.Gift {
    fileprivate var isOverHTTP: Bool {
        if case .programOverHTTP = self { return true }
        return false
    }
}

extension DHCPMessage {
    /// Old ROMs read the fields, EDK2's HTTP boot reads option 67 first, and some of its versions write beyond a text
    /// there that does not end with a zero.
    fileprivate mutating func put(_ gift: Reply.Gift, from server: IPv4Address) {
        switch gift {
        case .bootServer: break
        case .program(let program):
            serverName = Array("\(server)".utf8)
            file = Array(program.rawValue.utf8)
        case .programOverHTTP(_, let url):
            file = Array(url.utf8)
            options[.bootFile] = Array(url.utf8) + [0]
        case .script(let url):
            file = Array(url.utf8)
        }
    }
}

extension DHCPOptions.Code {
    /// Inside option 43, as PXE 2.1 numbers what it puts there.
    static let discoveryControl = Self(rawValue: 6)
    static let bootItem = Self(rawValue: 71)
}
