import Wire

/// What a client is told about an address, and where that is sent.
struct LeaseReply: Sendable {
    let message: DHCPMessage
    let destination: Destination

    enum Destination: Equatable, Sendable {
        /// Everyone on the network: without a raw socket nobody can be reached who has no address yet.
        case everyone
        case client(IPv4Address)
        case relay(IPv4Address)
    }

    /// An offer, or an acknowledgement, of an address for some seconds.
    init(
        _ kind: DHCPMessage.Kind, _ address: IPv4Address, for seconds: UInt32, to question: LeasePolicy.Question,
        _ network: ServedNetwork, booting: Reply?
    ) {
        var message = DHCPMessage(kind, to: question)
        message.yourAddress = address
        message.clientAddress = kind == .acknowledgement ? question.message.clientAddress : .unspecified
        message.options[.leaseTime] = seconds.bytes
        message.options[.renewalTime] = (seconds / 2).bytes
        message.options[.rebindingTime] = UInt32(UInt64(seconds) * 7 / 8).bytes
        message.tell(network)
        if let booting { message.tell(booting) }
        self.init(message, question, unicast: question.message.clientAddress)
    }

    /// All but an address, for a client that has one.
    init(informing question: LeasePolicy.Question, _ network: ServedNetwork) {
        var message = DHCPMessage(.acknowledgement, to: question)
        message.clientAddress = question.message.clientAddress
        message.tell(network)
        self.init(message, question, unicast: question.message.clientAddress)
    }

    /// A refusal: the client is to give the address up and to begin again.
    init(refusing refusal: LeasePolicy.Refusal, to question: LeasePolicy.Question) {
        var message = DHCPMessage(.refusal, to: question)
        message.options[.message] = Array(refusal.rawValue.utf8)
        // A relay cannot reach the address that is refused.
        message.flags = DHCPMessage.broadcast
        self.init(message, question, unicast: .unspecified)
    }

    private init(_ content: DHCPMessage, _ question: LeasePolicy.Question, unicast client: IPv4Address) {
        var message = content
        let request = question.message
        message.options[.clientIdentifier] = request.options[.clientIdentifier]
        message.options[.relayAgent] = request.options[.relayAgent]
        if request.relayAddress != .unspecified {
            destination = .relay(request.relayAddress)
            message.flags |= request.flags
        } else if client != .unspecified {
            destination = .client(client)
        } else {
            destination = .everyone
            message.flags = DHCPMessage.broadcast
        }
        self.message = message
    }
}

extension DHCPMessage {
    fileprivate init(_ kind: Kind, to question: LeasePolicy.Question) {
        self.init(answering: question.message)
        options[.messageType] = [kind.rawValue]
        options[.serverIdentifier] = question.server.bytes
    }

    fileprivate mutating func tell(_ network: ServedNetwork) {
        options[.subnetMask] = network.mask.bytes
        options[.router] = network.settings.router?.bytes
        options[.nameServer] = network.settings.dns?.bytes
        options[.broadcastAddress] = network.broadcastAddress.bytes
    }

    /// What a boot server beside a router would say, in the same message.
    ///
    /// The file is named at once, also to UEFI: without option 60 it asks no second port. Only what boots over HTTP
    /// looks for its own name there, and a BIOS for PXE's, to mind the options of option 43.
    fileprivate mutating func tell(_ booting: Reply) {
        serverAddress = booting.message.serverAddress
        serverName = booting.message.serverName
        file = booting.message.file
        for code in [DHCPOptions.Code.machineIdentifier, .vendorOptions, .bootFile] {
            options[code] = booting.message.options[code]
        }
        switch booting.gift {
        case .script:
            // Spares iPXE the two seconds in which it waits for a boot server beside us.
            options[.ipxe] = [0xB0, 1, 1]
            options[.vendorOptions] = nil
        case .programOverHTTP: options[.vendorClass] = booting.message.options[.vendorClass]
        case .program where options[.vendorOptions] != nil:
            options[.vendorClass] = booting.message.options[.vendorClass]
        case .program(let program): options[.bootFile] = Array(program.rawValue.utf8) + [0]
        case .bootServer: break
        }
    }
}

extension UInt32 {
    fileprivate var bytes: [UInt8] { IPv4Address(rawValue: self).bytes }
}
