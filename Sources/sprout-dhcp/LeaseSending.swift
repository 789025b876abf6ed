import Linux
import Model
import Systemd
import Wire

extension LeaseDesk {
    /// Sends an answer; where the kernel has no room for it, the client asks again.
    func send(
        to question: LeasePolicy.Question, _ booting: Reply? = nil, _ answer: (Reply?) -> LeaseReply
    ) {
        guard let interface = policy?.network.interface,
            let (bytes, reply) = LeaseReply.fitting(question, booting, answer)
        else { return }
        let receiver =
            switch reply.destination {
            case .everyone: Endpoint(address: .max, port: 68)
            case .client(let address): Endpoint(address: address.rawValue, port: 68)
            case .relay(let address): Endpoint(address: address.rawValue, port: 67)
            }
        do throws(Errno) {
            try socket.sendAtOnce(bytes, to: receiver, interface: interface.index, from: interface.address)
            tally.noteSent(reply.message)
        } catch {
            guard error != .wouldBlock else { return }
            Journal.log(.warning, "\(question.mac) could not be answered: \(error)", ["SPROUT_MAC": "\(question.mac)"])
        }
    }

    // MARK: Addresses that somebody uses unasked

    /// Makes the kernel ask who has an address, while its machine thinks about our offer.
    ///
    /// A flood of questions must not fill the kernel's table of neighbours, which all of this machine uses.
    func soundOut(_ address: IPv4Address) {
        let now = Reactor.Deadline.now
        if now - soundings.since > .seconds(1) { soundings = (now, 0) }
        guard soundings.count < 50 else { return }
        soundings.count += 1
        // The port of the discard service (RFC 863), at which nobody listens.
        try? socket.sendAtOnce([], to: Endpoint(address: address.rawValue, port: 9))
    }

    /// The machine that uses an address which it was not given, as far as the kernel knows by now.
    ///
    /// Who had the address before may still be in the kernel's table without being there.
    func intruder(at address: IPv4Address, besides mac: MACAddress) -> MACAddress? {
        guard let interface = policy?.network.settings.interface,
            let bytes = socket.hardwareAddress(of: address.rawValue, on: interface),
            let user = MACAddress(bytes: bytes), user != mac, user != book.owner(of: address)
        else { return nil }
        return user
    }
}

extension LeaseReply {
    /// An answer as bytes, no longer than the client takes: rather than nothing it is told nothing of booting.
    static func fitting(
        _ question: LeasePolicy.Question, _ booting: Reply?, _ answer: (Reply?) -> LeaseReply
    ) -> (bytes: [UInt8], reply: LeaseReply)? {
        for booting in booting == nil ? [nil] : [booting, nil] {
            let reply = answer(booting)
            let bytes = reply.message.serialized()
            if bytes.count + headers <= question.message.maximumSize { return (bytes, reply) }
        }
        return nil
    }

    /// Of IP and UDP, which the client's limit includes.
    private static let headers = 28
}
