import Testing

@testable import Model

@Suite struct OwnNetworkTests {
    private static func network(_ interface: String, _ address: String, _ length: Int = 24) throws -> OwnNetwork {
        OwnNetwork(
            interface: interface, address: try #require(DottedQuad.number(address[...])),
            mask: length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length))
    }

    @Test func `E24: another network at the same port is a change, and says from where to where`() throws {
        let (old, new) = (try Self.network("eno1", "192.168.1.23"), try Self.network("eno1", "192.168.178.20"))
        let move = try #require(NetworkMove(of: [old], to: [new]))
        #expect(move.isToAnotherNetwork)
        #expect(
            move.sentence
                == "Network changed 192.168.1.0/24 → 192.168.178.0/24: this box is 192.168.178.20 now.")
        #expect(NetworkMove.remembered(of: [old], [new]) == [new])
        #expect(move.leavesBehind("http://192.168.1.23:8080") && move.leavesBehind("https://192.168.1.23"))
        #expect(!move.leavesBehind("http://192.168.178.20") && !move.leavesBehind("http://sprout.local"))
    }

    @Test func `E24: another address in the same network is told, and is no other network`() throws {
        let (old, new) = (try Self.network("eno1", "192.168.1.23"), try Self.network("eno1", "192.168.1.77"))
        let move = try #require(NetworkMove(of: [old], to: [new]))
        #expect(!move.isToAnotherNetwork)
        #expect(move.sentence == "Address changed 192.168.1.23 → 192.168.1.77.")
    }

    @Test func `E24: a cable that is out, and one that is added, change nothing of where the box is reached`() throws {
        let (lan, other) = (try Self.network("eno1", "192.168.1.23"), try Self.network("eno2", "10.0.0.5", 8))
        #expect(NetworkMove(of: [lan], to: []) == nil)
        #expect(NetworkMove(of: [lan, other], to: [other]) == nil)
        #expect(NetworkMove(of: [lan], to: [lan, other]) == nil)
        #expect(NetworkMove(of: [], to: [lan]) == nil, "the first address ever")
        #expect(NetworkMove.remembered(of: [lan, other], [other]) == [lan, other], "the cable may come back")
        #expect(NetworkMove.remembered(of: [lan], []) == [lan])
    }

    @Test func `E24: of two ports the one that moved is told, and a cable in another port is a move`() throws {
        let (lan, lab) = (try Self.network("eno1", "192.168.1.23"), try Self.network("eno2", "10.0.0.5", 8))
        let moved = try Self.network("eno2", "172.16.0.5", 12)
        #expect(NetworkMove(of: [lan, lab], to: [lan, moved]) == NetworkMove(from: [lab], to: [moved]))
        let elsewhere = try Self.network("enx1", "192.168.178.20")
        #expect(NetworkMove(of: [lan], to: [elsewhere]) == NetworkMove(from: [lan], to: [elsewhere]))
        #expect(NetworkMove(of: [lan], to: [try Self.network("enx1", "192.168.1.23")]) == nil, "only its port's name")
    }

    @Test func `an address lies in a network or not, and some are of no network`() throws {
        let lan = try Self.network("eno1", "192.168.1.23")
        #expect(lan.network == "192.168.1.0/24")
        #expect(lan.contains("192.168.1.254") && !lan.contains("192.168.2.1") && !lan.contains("router"))
        #expect(try Self.network("eno1", "1.2.3.4", 0).contains("9.9.9.9"))
        for address in ["127.0.0.1", "127.0.1.1", "169.254.7.7"] {
            #expect(OwnNetwork.isOfNoNetwork(try #require(DottedQuad.number(address[...]))), "\(address)")
        }
        #expect(!OwnNetwork.isOfNoNetwork(try #require(DottedQuad.number("192.168.1.1"))))
    }
}
