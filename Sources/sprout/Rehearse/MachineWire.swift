import Linux
import Model
import Rehearsal
import Wire

/// What a machine asks over DHCP before it has its script: first as its firmware, then as the iPXE that it was given.
///
/// It takes no address: no router keeps one for a machine that does not exist.
struct MachineWire: Sendable {
    let interface: String
    let machine: FakeMachine
    let reactor: Reactor

    typealias Stopped = MachinePlayer.Stopped

    /// The URL of its script, as the boot server on the network tells it.
    func scriptURL() async throws -> String {
        let listening = try socket(port: 68, onlyBroadcasts: true)
        let own = try place(listening)
        let offer = try await self.offer(to: firmware, on: listening, own, "its firmware")
        try await checkProgram(offer, own)
        let script = try await self.offer(to: ipxe, on: listening, own, "iPXE")
        let url = Self.text(script)
        guard url.hasPrefix("http://"), url.hasSuffix("/ipxe/\(hyphenated)") else {
            throw Stopped(sentence: "iPXE was offered \(url.isEmpty ? "nothing" : url), which is not its script")
        }
        return url
    }

    /// Whether the network can be listened to here, before any host is registered.
    static func check(_ interface: String, _ reactor: Reactor) throws {
        let wire = MachineWire(
            interface: interface, machine: FakeMachine(1, type: ServerType(key: "", bootDisk: .path("sda"))),
            reactor: reactor)
        _ = try wire.place(try wire.socket(port: 68, onlyBroadcasts: true))
    }

    /// UEFI is told whom to ask again, at another port; a BIOS is named its program at once.
    private func checkProgram(_ offer: DHCPMessage, _ own: Interface) async throws {
        var named = offer
        // What is sent to an address of this machine does not pass its network card, where such a server listens.
        if Self.text(offer).isEmpty, offer.serverAddress.rawValue == own.address { return }
        if Self.text(offer).isEmpty {
            let receiver = Endpoint(address: offer.serverAddress.rawValue, port: 4011)
            let answer = try await self.answer(
                to: question(for: own), at: receiver, on: try socket(port: 0, onlyBroadcasts: false), own
            ) { $0.kind == .acknowledgement }
            guard let answer else {
                throw Stopped(
                    sentence: "its firmware was told to ask port 4011 of \(offer.serverAddress), which is silent")
            }
            named = answer
        }
        let program = Self.text(named)
        guard NetbootProgram(rawValue: program) != nil else {
            throw Stopped(sentence: "its firmware was told to load \"\(program)\", which is no build of iPXE")
        }
    }

    private func offer(
        to question: DHCPMessage, on socket: DatagramSocket, _ own: Interface, _ asker: String
    ) async throws -> DHCPMessage {
        let everyone = Endpoint(address: .max, port: 67)
        // The router answers too, with an address and nothing to boot.
        let offer = try await answer(to: question, at: everyone, on: socket, own) {
            $0.kind == .offer && $0.vendorClass?.hasPrefix("PXEClient") == true
        }
        if let offer { return offer }
        throw Stopped(
            sentence:
                "\(asker) was offered nothing to boot on \(interface): is pxe.enabled true, and its interface on the "
                + "same network?")
    }

    /// Asks three times, as the first question may be lost.
    private func answer(
        to question: DHCPMessage, at receiver: Endpoint, on socket: DatagramSocket, _ own: Interface,
        _ isWanted: (DHCPMessage) -> Bool
    ) async throws -> DHCPMessage? {
        for _ in 0..<3 {
            try socket.sendAtOnce(
                question.serialized(), to: receiver, interface: own.index, from: own.address)
            let deadline = Reactor.Deadline.now + .seconds(2)
            while let datagram = try await next(socket, until: deadline) {
                guard let message = try? DHCPMessage(parsing: datagram.bytes.span), message.operation == .reply,
                    message.transaction == question.transaction,
                    message.hardwareAddress == question.hardwareAddress, isWanted(message)
                else { continue }
                return message
            }
        }
        return nil
    }

    private func next(_ socket: DatagramSocket, until deadline: Reactor.Deadline) async throws -> Datagram? {
        do {
            return try await socket.receive(until: deadline)
        } catch let error as Errno where error == .timedOut {
            return nil
        }
    }

    private func socket(port: UInt16, onlyBroadcasts: Bool) throws -> DatagramSocket {
        do throws(Errno) {
            return try DatagramSocket(
                try .datagrams(port: port, interface: interface, onlyBroadcasts: onlyBroadcasts), reactor)
        } catch {
            throw Failure(description: "\(interface): \(error); asking over DHCP is for root, on a port that exists")
        }
    }

    private func place(_ socket: DatagramSocket) throws -> Interface {
        do throws(Errno) {
            return try socket.interface(named: interface)
        } catch {
            throw Failure(description: "\(interface) has no IPv4 address: \(error)")
        }
    }

    private static func text(_ message: DHCPMessage) -> String {
        let option = (message.options[.bootFile] ?? []).prefix { $0 != 0 }
        return String(decoding: option.isEmpty ? message.file[...] : option, as: UTF8.self)
    }

    private var hyphenated: String { String("\(machine.mac)".map { $0 == ":" ? "-" : $0 }) }
}

/// The messages themselves, as EDK2 and Debian's iPXE write them.
extension MachineWire {
    private var firmware: DHCPMessage {
        var message = self.message(.discover, [1, 2, 3, 4, 5, 6, 12, 13, 15, 43, 54, 60, 66, 67, 97])
        message.options[.networkInterface] = [1, 3, 0]
        message.options[.vendorClass] = Array("PXEClient:Arch:0000\(architecture):UNDI:003000".utf8)
        return message
    }

    /// The question to a boot server comes from an address; here it is that of this machine.
    private func question(for own: Interface) -> DHCPMessage {
        var message = firmware
        message.options[.messageType] = [DHCPMessage.Kind.request.rawValue]
        message.flags = 0
        message.clientAddress = IPv4Address(rawValue: own.address)
        return message
    }

    /// It repeats the short vendor class of the boot server's answer.
    private var ipxe: DHCPMessage {
        var message = self.message(.discover, [1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 175, 203])
        message.options[.networkInterface] = machine.isUEFI ? [1, 3, 10] : [1, 2, 1]
        message.options[.vendorClass] = Array("PXEClient".utf8)
        message.options[.userClass] = Array("iPXE".utf8)
        message.options[.ipxe] = [177, 5, 1, 26, 244, 16, 0, 235, 3, 1, 0, 0, 23, 1, 1, 39, 1, 1, 19, 1, 1, 18, 1, 1]
        message.options[.clientIdentifier] = [1] + hardware
        return message
    }

    private func message(_ kind: DHCPMessage.Kind, _ parameters: [UInt8]) -> DHCPMessage {
        var message = DHCPMessage(
            operation: .request, hardwareAddress: HardwareAddress(type: 1, bytes: hardware),
            transaction: UInt32.random(in: 0...UInt32.max))
        message.flags = DHCPMessage.broadcast
        message.options[.messageType] = [kind.rawValue]
        message.options[.maximumSize] = [5, 192]
        message.options[.parameterList] = parameters
        message.options[.machineIdentifier] = [0] + identifier
        message.options[.architectures] = [0, architecture]
        return message
    }

    private var architecture: UInt8 { machine.isUEFI ? 7 : 0 }

    private var hardware: [UInt8] { (0..<6).reversed().map { UInt8(truncatingIfNeeded: machine.mac.bits >> ($0 * 8)) } }

    /// As SMBIOS keeps a UUID: the first three groups with their lowest byte first.
    private var identifier: [UInt8] {
        let digits = (machine.dmi.system.uuid ?? "").filter(\.isHexDigit)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { start in
            UInt8(digits.dropFirst(start).prefix(2), radix: 16) ?? 0
        }
        guard bytes.count == 16 else { return Array(repeating: 0, count: 16) }
        return [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map { bytes[$0] }
    }
}
