import Model
import Wire

/// Who is told what by a boot server that works beside the router's DHCP server, and never gives out an address.
struct ProxyPolicy: Sendable {
    /// The port at which scripts and programs are served over HTTP.
    let httpPort: UInt16

    /// Where a question arrived: at the port of DHCP, or at the one where firmware asks a boot server again.
    enum Port: Sendable { case dhcp, bootServer }

    enum Decision: Sendable {
        case reply(Reply)
        case silence(Silence)
    }

    /// What to say, as `server`, which is our own address where the question arrived.
    func decision(
        on client: NetbootClient, at port: Port, server: IPv4Address, isWelcome: Bool, recent: RecentOffers
    ) -> Decision {
        if let silence = silence(on: client, at: port, server, isWelcome, recent) { return .silence(silence) }
        guard let gift = gift(for: client, at: port, server, recent) else { return .silence(.noProgram) }
        let reply = Reply(gift, to: client, at: port, from: server)
        let fits = reply.bytes.count + Self.headers <= client.request.maximumSize
        return fits ? .reply(reply) : .silence(.noRoom)
    }

    private func silence(
        on client: NetbootClient, at port: Port, _ server: IPv4Address, _ isWelcome: Bool, _ recent: RecentOffers
    ) -> Silence? {
        switch (port, client.request.kind, client.stage) {
        case (.dhcp, DHCPMessage.Kind.request, _): return .meantForRouter
        case (.bootServer, DHCPMessage.Kind.discover, _), (.bootServer, _, .firmwareWithHTTP): return .misplaced
        default: break
        }
        if server == .unspecified { return .noAddress }
        if !isWelcome { return .stranger }
        switch client.stage {
        case .raspberryPi: return .raspberryPi
        case .ipxe: break
        case .firmware, .firmwareWithHTTP: if port == .dhcp, recent.isLooping { return .looping }
        }
        return Self.wantsSecurity(client.request) ? .securityItem : nil
    }

    private func gift(
        for client: NetbootClient, at port: Port, _ server: IPv4Address, _ recent: RecentOffers
    ) -> Reply.Gift? {
        let site = HTTPOrigin.text(server, port: httpPort)
        switch client.stage {
        case .ipxe(let canLoadOverHTTP):
            // What cannot load a script is replaced by our own iPXE, but only once: it must not load itself for ever.
            if !canLoadOverHTTP, !recent.wasGivenProgram, let program = client.program { return .program(program) }
            return .script(url: "\(site)/ipxe/\(client.mac.hyphenated)")
        case .firmwareWithHTTP:
            return client.program.map { .programOverHTTP($0, url: "\(site)/netboot/\($0.rawValue)") }
        case .firmware:
            guard let program = client.program else { return nil }
            // EDK2 before 2017 drops an offer that says all; what is told at the second port, all versions take.
            return port == .dhcp && client.architecture.family != .bios ? .bootServer : .program(program)
        case .raspberryPi: return nil
        }
    }

    /// A boot item that is to be signed (PXE 2.1: the highest bit of its layer).
    private static func wantsSecurity(_ request: DHCPMessage) -> Bool {
        guard let item = request.vendorOptions?[.bootItem], item.count == 4 else { return false }
        return item[2] & 0x80 != 0
    }

    /// Of IP and UDP, which the client's limit includes.
    private static let headers = 28
}

/// Why a machine that netboots is not answered.
enum Silence: String, Sendable {
    case meantForRouter = "it asks its router"
    case misplaced = "that port is not for this question"
    case noAddress = "this box has no address on that network yet"
    case stranger = "only known hosts are answered here"
    case raspberryPi = "a Raspberry Pi runs no netboot program: give it UEFI firmware first"
    case noProgram = "there is no netboot program for it"
    case looping = "it asked for its first program too often within a minute"
    case securityItem = "it wants a signed boot item"
    case noRoom = "the answer would be longer than it takes"

    /// The others are part of every netboot.
    var isNews: Bool { self != .meantForRouter && self != .misplaced }
}

extension MACAddress {
    /// With hyphens, which need no escaping anywhere in a URL.
    var hyphenated: String { description.replacing(":", with: "-") }
}
