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
    private var choices: [MACAddress: NetbootChoice] = [:]
    private var count = (answers: 0, others: 0)

    /// A decision about one machine, and whose it is where that had to be known.
    struct Verdict: Sendable {
        let client: NetbootClient
        let decision: ProxyPolicy.Decision
        let port: ProxyPolicy.Port
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
        guard let message = try? DHCPMessage(parsing: datagram.bytes.span), var client = NetbootClient(message) else {
            count.others += 1
            return nil
        }
        client.choice = choices[client.mac] ?? .automatic
        let hostname = answersStrangers ? nil : await hostname(client.mac)
        let decision = policy.decision(
            on: client, at: port, server: IPv4Address(rawValue: datagram.localAddress),
            isWelcome: answersStrangers || hostname != nil,
            recent: offers.recent(client.mac, transaction: message.transaction, now: .now))
        return Verdict(client: client, decision: decision, port: port, hostname: hostname)
    }

    /// Remembers and tells what was decided, after it was sent.
    func note(_ verdict: Verdict) async {
        let client = verdict.client
        let outcome: String
        switch verdict.decision {
        case .silence(let silence):
            guard silence.isNews else { return }
            outcome = "is not answered: \(silence.rawValue)"
        case .reply(let reply):
            count.answers += 1
            let transaction = verdict.port == .dhcp ? client.request.transaction : nil
            offers.note(reply.gift, for: client.mac, transaction: transaction, now: .now)
            outcome = "was \(reply.gift)"
        }
        let sentence = "asked to netboot (\(client.asker)) and \(outcome)"
        report(.machine(client.mac, did: sentence, client.traits, by: "sprout-dhcp"))
        var hostname = verdict.hostname
        if hostname == nil { hostname = await self.hostname(client.mac) }
        Journal.log(
            .info, "\(client.mac) \(sentence)",
            ["SPROUT_HOST": hostname.map { "\($0)" } ?? "", "SPROUT_MAC": "\(client.mac)"])
        try? await refresh()
    }

    /// Reads again whom to answer, and which hosts load another program: before a machine is waiting for it.
    func refresh() async throws {
        choices = try await store.netbootChoices()
        answersStrangers = try await store.setting("pxe.answer") == "all"
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

extension NetbootClient {
    fileprivate var traits: Discovery.Traits {
        Discovery.Traits(
            architecture: Int(architecture.rawValue), vendorClass: request.vendorClass,
            uuid: request.machineUUID.map { "\($0)" })
    }

    fileprivate var asker: String {
        if case .ipxe = stage { return "iPXE, \(architecture)" }
        return "\(architecture)"
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
