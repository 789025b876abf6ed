import Linux
import Model

/// Looks who has an address now, in the networks that this box itself is in.
///
/// The kernel asks for it: it keeps who answered among its neighbours, and no capability is needed to read that.
struct AddressProbe: Sendable {
    enum User: Equatable, Sendable {
        case thisBox
        case machine(MACAddress)
    }

    let reactor: Reactor
    /// How long an answer is waited for.
    var patience = Duration.milliseconds(500)

    /// The same, with time for the kernel's second question, which follows a second after the first: a packet may be lost.
    var thorough: AddressProbe { AddressProbe(reactor: reactor, patience: .milliseconds(1500)) }

    /// Whether whoever calls from an address is on this machine.
    func isThisBox(_ address: String) throws -> Bool {
        if ["127.0.0.1", "::1", "::ffff:127.0.0.1"].contains(address) { return true }
        guard let number = DottedQuad.number(address[...]) else { return false }
        let socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        return try socket.interfaces().contains { $0.interface.address == number }
    }

    /// Nil if nobody answers, or who is known to have it, or if it lies behind a router, where nobody can be asked.
    func user(of address: UInt32, besides own: Set<MACAddress>) async throws -> User? {
        let socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let interfaces = try socket.interfaces()
        if interfaces.contains(where: { $0.interface.address == address }) { return .thisBox }
        let near = interfaces.first { ($0.interface.address ^ address) & $0.interface.mask == 0 }
        guard let near, near.interface.mask != .max else { return nil }
        // Who had it last may be gone, and another there: the kernel then has to ask anew.
        for _ in 0..<2 {
            guard let known = try await ask(socket, address, near.name), !own.contains(known) else { return nil }
            guard try await isThere(address, socket, near.name) else { continue }
            let mac = socket.hardwareAddress(of: address, on: near.name).flatMap { MACAddress(bytes: $0) }
            return mac.flatMap { own.contains($0) ? nil : .machine($0) }
        }
        return nil
    }

    private func ask(_ socket: DatagramSocket, _ address: UInt32, _ interface: String) async throws -> MACAddress? {
        try await socket.askForHardwareAddress(of: address, on: interface, within: patience, reactor)
            .flatMap { MACAddress(bytes: $0) }
    }

    /// The kernel remembers a neighbour for up to a minute after it went: one that is there answers, if only to the
    /// kernel's own question.
    ///
    /// Whoever does neither within this time was there within that minute, which is near enough.
    private func isThere(_ address: UInt32, _ socket: DatagramSocket, _ interface: String) async throws -> Bool {
        let end = Reactor.Deadline.now + .seconds(9)
        do {
            _ = try await TCPConnection(to: DottedQuad.text(address), port: 9, reactor, until: end)
            return true
        } catch let error as Errno where error == .connectionRefused {
            return true
        } catch let error as Errno where error == .timedOut {
            return socket.hardwareAddress(of: address, on: interface) != nil
        } catch is Errno {
            return false
        }
    }
}
