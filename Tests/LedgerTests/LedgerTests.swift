import Glibc
import Linux
import Model
import Store
import Synchronization
import Testing

@testable import Database
@testable import Ledger

/// A ledger in a folder of its own, with a clock that is set by hand.
struct Scene {
    let path: String
    let ledger: Ledger
    let clock = Clock()

    init(types: [String] = ["vm"]) async throws {
        var template = Array("/tmp/sprout-ledger-XXXXXX".utf8CString)
        guard let folder = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        path = String(cString: folder) + "/sprout.db"
        ledger = try Ledger(path: path, Worker(), now: clock.now)
        let records = types.map { ServerTypeRecord(key: $0, displayName: $0, hostnamePrefix: "\($0)-", body: "{}") }
        _ = try await ledger.load(records, from: "a test", by: Self.author)
    }

    static let author = Ledger.Author(actor: "a test")

    func register(_ number: Int, hostname: String? = nil, by author: Ledger.Author = author) async throws -> Host {
        let digits = String(number, radix: 16)
        let mac = "525400" + String(repeating: "0", count: 6 - digits.count) + digits
        return try await ledger.register(HostDraft(hostname: hostname, mac: mac, serverType: "vm"), by: author)
    }

    func store() throws -> Store { try Store(path: path) }

    /// A reader of the bare tables, for what no part of the product shows.
    func count(_ sql: String) throws -> Int64 {
        try Connection(path: path, .readOnly).rows(sql) { $0.int(0) }.first ?? 0
    }
}

/// A clock that tests move by hand.
final class Clock: Sendable {
    private let milliseconds = Atomic<Int64>(1_795_200_000_000)
    var now: @Sendable () -> Timestamp { { Timestamp(milliseconds: self.milliseconds.load(ordering: .relaxed)) } }
    func advance(_ duration: Duration) {
        milliseconds.add(duration.components.seconds * 1000, ordering: .relaxed)
    }
}

@Suite(.timeLimit(.minutes(5))) struct RegistrationTests {
    @Test func `P1: a host is registered with its event, and read back by id, name and MAC`() async throws {
        let scene = try await Scene()
        let draft = HostDraft(
            hostname: "PVE-1", mac: "52-54-00-00-00-01", macs: ["5254.0000.0002"], serverType: "vm",
            labels: ["a": "b=c"])
        let host = try await scene.ledger.register(draft, by: Scene.author)
        let store = try scene.store()
        for reference in [host.id, "pve-1", "52:54:00:00:00:01", "525400000002"] {
            #expect(try await store.host(reference) == host)
        }
        #expect(host.macs.map(\.description) == ["52:54:00:00:00:01", "52:54:00:00:00:02"])
        #expect(host.labels == ["a": "b=c"])
        let events = try await store.events(ofHost: host.id, limit: 10)
        #expect(events.map(\.kind) == [.hostRegistered])
        #expect(events.first?.message == "pve-1 was registered as vm, to boot from 52:54:00:00:00:01.")
    }

    static let refused: [(HostDraft, Refused.Kind, String, String)] = [
        (HostDraft(mac: "nonsense", serverType: "vm"), .invalid, "mac", "six pairs"),
        (HostDraft(mac: "01:00:5e:00:00:01", serverType: "vm"), .invalid, "mac", "multicast"),
        (HostDraft(mac: "52-54-00-00-00-0A", serverType: "vm"), .conflict, "mac", "belongs to the host taken"),
        (HostDraft(mac: "52:54:00:00:00:0b", macs: ["5254.0000.000a"], serverType: "vm"), .conflict, "macs", "taken"),
        (
            HostDraft(hostname: "TAKEN", mac: "52:54:00:00:00:0b", serverType: "vm"), .conflict, "hostname",
            "52:54:00:00:00:0a"
        ),
        (HostDraft(hostname: "12", mac: "52:54:00:00:00:0b", serverType: "vm"), .invalid, "hostname", "digits alone"),
        (HostDraft(mac: "52:54:00:00:00:0b", serverType: "toaster"), .invalid, "server_type", "There are: vm"),
        (HostDraft(mac: "52:54:00:00:00:0b", serverType: ""), .invalid, "server_type", "needs a server type"),
        (HostDraft(mac: "52:54:00:00:00:0b", serverType: "vm", labels: ["a b": "c"]), .invalid, "labels", "a b"),
        (HostDraft(mac: "52:54:00:00:00:0b", serverType: "vm", labels: ["a": "\u{1F}"]), .invalid, "labels", "\"a\""),
    ]

    @Test(arguments: refused)
    func `P1: what cannot be registered is refused with its field, and changes nothing`(
        draft: HostDraft, kind: Refused.Kind, field: String, reason: String
    ) async throws {
        let scene = try await Scene()
        _ = try await scene.register(10, hostname: "taken")
        let before = try await scene.ledger.newestEventID()
        let refused = await #expect(throws: Refused.self) { try await scene.ledger.register(draft, by: Scene.author) }
        #expect(refused?.kind == kind)
        #expect(refused?.field == field)
        #expect(refused?.reason.contains(reason) == true, "\(refused?.reason ?? "")")
        #expect(try await scene.ledger.newestEventID() == before)
        #expect(try scene.count("SELECT count(*) FROM host") == 1)
    }

    @Test func `a name that looks like a MAC address finds its host`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1, hostname: "deadbeefcafe")
        #expect(try await scene.store().host("deadbeefcafe") == host)
    }

    @Test func `a host without a name gets the lowest free one of its type`() async throws {
        let scene = try await Scene()
        #expect(try await scene.register(1).hostname.description == "vm-01")
        _ = try await scene.register(2, hostname: "vm-02")
        #expect(try await scene.register(3).hostname.description == "vm-03")
        try await scene.ledger.remove(hostID: try #require(try await scene.store().host("vm-01")).id, by: Scene.author)
        #expect(try await scene.register(4).hostname.description == "vm-01")
    }

    @Test func `a request that is repeated is carried out once`() async throws {
        let scene = try await Scene()
        let author = Ledger.Author(actor: "a test", request: "r1")
        let first = try await scene.register(1, by: author)
        let second = try await scene.register(1, by: author)
        #expect(first == second)
        #expect(try scene.count("SELECT count(*) FROM event WHERE request = 'r1'") == 1)
        await #expect(throws: Refused.self) { try await scene.ledger.remove(hostID: first.id, by: author) }
        let removal = Ledger.Author(actor: "a test", request: "r2")
        for _ in 0..<2 { try await scene.ledger.remove(hostID: first.id, by: removal) }
        #expect(try scene.count("SELECT count(*) FROM host") == 0)
    }

    @Test func `a removed host leaves its events, and nothing else`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        try await scene.ledger.remove(hostID: host.id, by: Scene.author)
        await #expect(throws: Refused.self) { try await scene.ledger.remove(hostID: host.id, by: Scene.author) }
        #expect(try scene.count("SELECT count(*) FROM host_mac") == 0)
        #expect(
            try await scene.store().events(ofHost: host.id, limit: 9).map(\.kind) == [.hostRemoved, .hostRegistered])
    }
}
