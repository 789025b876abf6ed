import Control
import Linux
import Model
import Store
import Systemd
import Wire

/// Where questions become decisions, and decisions become known.
actor ProxyDesk {
    private let policy: ProxyPolicy
    private let store: Store
    private let report: @Sendable (Observation) -> Void
    private var offers = OfferLog()
    private var answersStrangers = false
    /// Where machines are answered; nil while network boot is off.
    private(set) var place: NetbootPlace?
    private var choices: [MACAddress: NetbootChoice] = [:]
    private var count = (answers: 0, others: 0)
    private(set) var tally = MessageTally()

    /// A decision about one machine, and whose it is where that had to be known.
    struct Verdict: Sendable {
        let client: NetbootClient
        let decision: ProxyPolicy.Decision
        let port: ProxyPolicy.Port
        /// Our own address where the question arrived.
        let server: IPv4Address
        let hostname: Hostname?
    }

    init(_ policy: ProxyPolicy, _ store: Store, report: @escaping @Sendable (Observation) -> Void) {
        self.policy = policy
        self.store = store
        self.report = report
    }

    /// Decides on a datagram, or passes over one that does not come from a machine that netboots.
    ///
    /// Firmware waits a second or two: nothing slower is done here than to look for the host, and that only where
    /// strangers are not answered.
    func verdict(on datagram: Datagram, at port: ProxyPolicy.Port) async -> Verdict? {
        let message = try? DHCPMessage(parsing: datagram.bytes.span)
        tally.noteReceived(message)
        guard let message else {
            count.others += 1
            return nil
        }
        return await verdict(on: message, of: datagram, at: port)
    }

    func verdict(on message: DHCPMessage, of datagram: Datagram, at port: ProxyPolicy.Port) async -> Verdict? {
        guard var client = NetbootClient(message) else {
            count.others += 1
            await noteOrdinary(message)
            return nil
        }
        client.choice = choices[client.mac] ?? .automatic
        let hostname = answersStrangers ? nil : await hostname(client.mac)
        let server = IPv4Address(rawValue: datagram.localAddress)
        let decision = policy.decision(
            on: client, at: port, server: server, isWelcome: answersStrangers || hostname != nil,
            recent: offers.recent(client.mac, transaction: message.transaction, now: .now))
        return Verdict(client: client, decision: decision, port: port, server: server, hostname: hostname)
    }

    func noteSent(_ reply: Reply) { tally.noteSent(reply.message) }

    /// Remembers and tells what was decided, after it was sent.
    func note(_ verdict: Verdict) async {
        let sighting = verdict.sighting(at: .now())
        if let sighting {
            report(.machine(sighting, sighting.kind == .tookAddress ? nil : verdict.client.traits))
        }
        let client = verdict.client
        switch verdict.decision {
        case .silence(let silence): guard silence.isNews else { return }
        case .reply(let reply):
            count.answers += 1
            let transaction = verdict.port == .dhcp ? client.request.transaction : nil
            offers.note(reply.gift, for: client.mac, transaction: transaction, now: .now)
        }
        var hostname = verdict.hostname
        if hostname == nil { hostname = await self.hostname(client.mac) }
        Journal.log(
            .info, "\(client.mac) \(sighting?.description ?? "")",
            ["SPROUT_HOST": hostname.map { "\($0)" } ?? "", "SPROUT_MAC": "\(client.mac)"])
    }

    /// A machine that netboots has its address from us, where no router gives it one.
    func noteLease(of address: IPv4Address, from server: IPv4Address, for mac: MACAddress) {
        let sighting = Sighting(.tookAddress, of: mac, at: .now(), by: "sprout-dhcp") { details in
            (details.address, details.server) = ("\(address)", "\(server)")
        }
        report(.machine(sighting))
    }

    /// A host that only asks for an address runs an installed system; of others that is nobody's business.
    func noteOrdinary(_ message: DHCPMessage) async {
        guard message.operation == .request, message.kind == .discover || message.kind == .request,
            message.clientAddress == .unspecified, let mac = MACAddress(bytes: message.hardwareAddress.bytes),
            await hostname(mac) != nil
        else { return }
        report(.machine(Sighting(.askedForAddressOnly, of: mac, at: .now(), by: "sprout-dhcp")))
    }

    /// Reads again where and whom to answer, and which hosts load another program: before a machine is waiting for it.
    func refresh() async throws {
        choices = try await store.netbootChoices()
        answersStrangers = try await store.setting("pxe.answer") == "all"
        place = try await store.netbootPlace()
    }

    var summary: String { "\(count.answers) answers, \(count.others) messages of others passed over" }

    private func hostname(_ mac: MACAddress) async -> Hostname? {
        do {
            return try await store.host(withMAC: mac)?.hostname
        } catch {
            Journal.log(.warning, "whether \(mac) is a host cannot be read: \(error)", ["SPROUT_MAC": "\(mac)"])
            return nil
        }
    }
}

extension Reply.Gift: CustomStringConvertible {
    var description: String {
        switch self {
        case .bootServer: "told to ask port 4011"
        case .program(let program), .programOverHTTP(let program, _): "offered \(program.rawValue)"
        case .script: "offered its script"
        }
    }
}
