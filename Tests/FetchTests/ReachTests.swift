import Glibc
import HTTP
import Linux
import Serving
import Testing

@testable import Fetch

@Suite(.timeLimit(.minutes(5))) struct ReachTests {
    static let refused: [(String, String)] = [
        ("127.0.0.1", "this machine"), ("127.255.1.2", "this machine"), ("0.0.0.0", "this machine"),
        ("::1", "this machine"), ("::", "this machine"), ("::ffff:127.0.0.1", "this machine"),
        ("64:ff9b::7f00:1", "this machine"), ("::127.0.0.1", "this machine"),
        ("169.254.169.254", "link"), ("fe80::1", "link"), ("febf::1", "link"), ("::ffff:169.254.1.1", "link"),
        ("64:ff9b::a9fe:a9fe", "link"), ("224.0.0.1", "nobody's"), ("255.255.255.255", "nobody's"),
        ("ff02::1", "nobody's"),
    ]

    @Test(arguments: refused)
    func `what the box alone may ask is not fetched from`(text: String, words: String) throws {
        let address = try #require(IPAddress(text))
        #expect(Reach.objection(to: address, isOwn: false)?.contains(words) == true)
    }

    static let allowed = ["192.168.1.5", "10.0.0.1", "172.16.0.1", "8.8.8.8", "128.0.0.1", "2001:db8::1", "fd00::1"]

    @Test(arguments: allowed)
    func `what is on the LAN or on the Internet is fetched from, unless it is this machine`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(Reach.objection(to: address, isOwn: false) == nil)
        #expect(Reach.objection(to: address, isOwn: true)?.contains("this machine") == true)
    }

    @Test func `what is no address stands for none`() {
        #expect(["", "localhost", "127.0.0.1:80", "1.2.3"].allSatisfy { IPAddress($0) == nil })
    }

    private func download(_ url: String, _ place: Place, _ besides: Set<String>) throws -> Download {
        Download(
            try #require(WebURL(url)), place.worker, reactor, Patience(pause: .zero),
            reaching: .otherMachines(besides: besides))
    }

    @Test(arguments: ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0"])
    func `this machine is refused under whatever name, before anything is sent`(host: String) async throws {
        let asked = Notes<String>()
        let routes = Routes(
            .get("/x") { _ in
                asked.add("asked")
                return .whole([1])
            })
        try await serving(routes) { place in
            let download = try download("http://\(host):\(place.port)/x", place, [])
            let failed = await #expect(throws: FetchFailed.self) { try await download.begin() }
            #expect(failed?.fact.contains("which is this machine itself") == true, "\(String(describing: failed))")
            #expect(failed?.isPassing == false)
            #expect(await asked.all() == [])
        }
    }

    @Test func `an address that is excepted is fetched from, and a redirect from there to another is not`() async throws
    {
        let routes = Routes(
            .get("/x") { _ in .whole([1, 2, 3]) },
            .get("/away") { request in
                .redirect(to: "http://127.0.0.2:\(request.headers["host"]?.split(separator: ":").last ?? "")/x")
            })
        try await serving(routes) { place in
            let url = "http://127.0.0.1:\(place.port)"
            let good = try download("\(url)/x", place, ["127.0.0.1"])
            let content = try await place.content(of: good)
            #expect(content == [1, 2, 3])
            let away = try download("\(url)/away", place, ["127.0.0.1"])
            let failed = await #expect(throws: FetchFailed.self) { try await away.begin() }
            #expect(failed?.fact == "it leads to 127.0.0.2, which is this machine itself")
        }
    }
}
