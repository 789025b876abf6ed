import Model
import Wire

/// What a DHCP server does about a message, as RFC 2131 (section 4.3) has it: the message and the book in, what is to
/// be done out.
struct LeasePolicy: Sendable {
    let network: ServedNetwork

    /// A message, and how it came.
    struct Question: Sendable {
        let message: DHCPMessage
        let mac: MACAddress
        /// The address by which the client knows us.
        let server: IPv4Address
        /// Whether it was sent to everybody, or to us alone.
        let wasBroadcast: Bool
        /// Whether the machine is a host.
        let isHost: Bool
    }

    enum Decision: Equatable, Sendable {
        /// To offer an address, and to hold it.
        case offer(IPv4Address)
        /// To write a lease, and to acknowledge it then.
        case grant(IPv4Address)
        case refuse(Refusal)
        /// To tell everything but an address, which the client has.
        case inform
        /// To write that the lease is over; the address is kept for its machine.
        case release(IPv4Address)
        /// To leave an address alone that somebody else uses.
        case quarantine(IPv4Address)
        /// To hold nothing any more for a machine that chose another server.
        case letGo
        case silence(LeaseSilence)
    }

    /// Why a client may not use an address, in words for its own log.
    enum Refusal: String, Equatable, Sendable {
        case otherNetwork = "this address is not of this network"
        case notYours = "this address is not yours"
        case taken = "this address is another machine's"
    }

    func decision(on question: Question, _ book: LeaseBook, hosts: Set<MACAddress>, at now: Timestamp) -> Decision {
        guard isOfNetwork(question.message) else { return .silence(.otherNetwork) }
        return switch question.message.kind {
        case .discover?: discovered(question, book, hosts, now)
        case .request?: requested(question, book, now)
        case .decline?: declined(question, book)
        case .release?: released(question, book)
        case .inform?:
            network.contains(question.message.clientAddress) ? .inform : .silence(.otherNetwork)
        default: .silence(.noQuestion)
        }
    }

    /// A relay's own address, or the one that it names instead, says which network its client is in.
    private func isOfNetwork(_ message: DHCPMessage) -> Bool {
        guard message.relayAddress != .unspecified else { return true }
        return network.contains(message.linkSelection ?? message.relayAddress)
    }

    private func discovered(
        _ question: Question, _ book: LeaseBook, _ hosts: Set<MACAddress>, _ now: Timestamp
    ) -> Decision {
        let wish = question.message.requestedAddress
        let address = book.candidate(for: question.mac, wish: wish, hosts: hosts, at: now)
        return address.map { .offer($0) } ?? .silence(.full)
    }

    private func requested(_ question: Question, _ book: LeaseBook, _ now: Timestamp) -> Decision {
        let message = question.message
        if let server = message.serverIdentifier {
            guard server == question.server else { return .letGo }
            return selecting(message.requestedAddress, question, book, now)
        }
        if message.clientAddress != .unspecified { return renewing(message.clientAddress, question, book, now) }
        guard let address = message.requestedAddress else { return .silence(.noQuestion) }
        return rebooting(address, question, book)
    }

    /// It chose our offer; one that we no longer know, after a restart, is as good if the address is still free.
    private func selecting(
        _ address: IPv4Address?, _ question: Question, _ book: LeaseBook, _ now: Timestamp
    ) -> Decision {
        guard let address else { return .silence(.noQuestion) }
        guard network.contains(address) else { return .refuse(.otherNetwork) }
        return book.isFree(address, for: question.mac, at: now) ? .grant(address) : .refuse(.taken)
    }

    /// It has the address, and wants to keep it: asks us (renewing), or any server when we did not answer (rebinding).
    private func renewing(
        _ address: IPv4Address, _ question: Question, _ book: LeaseBook, _ now: Timestamp
    ) -> Decision {
        if book.lease(of: question.mac)?.address == address { return .grant(address) }
        guard !question.wasBroadcast else { return .silence(.unknown) }
        guard network.contains(address) else { return .refuse(.otherNetwork) }
        return book.isFree(address, for: question.mac, at: now) ? .grant(address) : .refuse(.taken)
    }

    /// It was restarted, and remembers an address: whoever is not in the book may have it from a server that is.
    private func rebooting(_ address: IPv4Address, _ question: Question, _ book: LeaseBook) -> Decision {
        guard network.contains(address) else { return .refuse(.otherNetwork) }
        guard let lease = book.lease(of: question.mac) else { return .silence(.unknown) }
        return lease.address == address ? .grant(address) : .refuse(.notYours)
    }

    /// Only what we gave or offered to this very machine: a stranger could use up the range with a message each.
    private func declined(_ question: Question, _ book: LeaseBook) -> Decision {
        let message = question.message
        guard message.serverIdentifier == question.server, let address = message.requestedAddress,
            book.lease(of: question.mac)?.address == address
        else { return .silence(.unknown) }
        return .quarantine(address)
    }

    private func released(_ question: Question, _ book: LeaseBook) -> Decision {
        let message = question.message
        guard message.serverIdentifier ?? question.server == question.server,
            book.lease(of: question.mac)?.address == message.clientAddress
        else { return .silence(.unknown) }
        return .release(message.clientAddress)
    }
}

/// Why a DHCP client is not answered.
enum LeaseSilence: String, Sendable {
    case otherNetwork = "it is in another network"
    case noQuestion = "it asks nothing that a server answers"
    case unknown = "nothing is known of its address"
    case full = "all addresses are in use"
}
