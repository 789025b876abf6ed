import Cluster
import Model
import Testing

/// What Proxmox VE answers, in the shapes that its API has: numbers as texts among them.
struct FakeMember: Member {
    var guestFiles: [GuestFile]?
    var status = """
        {"data":[{"type":"cluster","id":"cluster","name":"lab","nodes":3,"quorate":1,"version":4},
        {"type":"node","id":"node/pve1","name":"pve1","nodeid":1,"ip":"10.0.0.1","online":1,"local":1,"level":""},
        {"type":"node","id":"node/pve2","name":"pve2","nodeid":2,"ip":"10.0.0.2","online":1,"local":0,"level":""},
        {"type":"node","id":"node/pve3","name":"pve3","nodeid":3,"online":0,"local":0}]}
        """

    func get(_ path: String, _ query: [String: String]) async throws -> [UInt8] {
        switch path {
        case "/cluster/status": Array(status.utf8)
        case "/cluster/config/join":
            Array(
                """
                {"data":{"nodelist":[
                {"name":"pve1","nodeid":"1","quorum_votes":"1","ring0_addr":"10.0.0.1","ring1_addr":"10.9.0.1",
                "pve_addr":"10.0.0.1","pve_fp":"AB:CD"},
                {"name":"pve2","nodeid":"2","quorum_votes":"1","ring0_addr":"10.0.0.2","ring1_addr":"10.9.0.2"},
                {"name":"pve3","nodeid":"3","quorum_votes":"1","ring0_addr":"10.0.0.3","ring1_addr":"10.9.0.3"}],
                "preferred_node":"pve1","totem":{"cluster_name":"lab","config_version":"4"}}}
                """.utf8)
        case "/cluster/resources":
            Array(
                #"{"data":[{"type":"qemu","vmid":100,"node":"pve3","name":"web"},{"vmid":"101","node":"pve3"}]}"#.utf8)
        case "/version": Array(#"{"data":{"version":"9.1.2","release":"9.1","repoid":"x"}}"#.utf8)
        default: Array(#"{"data":null}"#.utf8)
        }
    }

    func guestFiles(of node: String) async throws -> [GuestFile]? { guestFiles }
    func remove(node: String) async throws {}
    func clock(of node: String) async throws -> RemoteClock { throw CancellationError() }
}

@Suite struct ClusterStateTests {
    @Test func `a cluster is read as its members describe it`() async throws {
        let state = try await ClusterState(asking: FakeMember())
        #expect(state.name == "lab" && state.version == 4 && state.isQuorate)
        #expect(state.asked == "pve1" && state.release == "9.1")
        #expect(state.nodes.map(\.name) == ["pve1", "pve2", "pve3"])
        #expect(state.node("pve1")?.links == [0: "10.0.0.1", 1: "10.9.0.1"])
        #expect(state.node("pve1")?.fingerprint == "AB:CD")
        #expect(state.node("pve3")?.isOnline == false)
        #expect(state.node("pve3")?.guests == ["100 (web)", "101 (unnamed)"])
        #expect(state.vote == "2 of 3 votes, with 2 needed")
    }

    @Test func `a member that is in no cluster is told how to make one`() async throws {
        let alone = #"{"data":[{"type":"node","name":"pve1","nodeid":0,"ip":"10.0.0.1","online":1,"local":1}]}"#
        await #expect {
            try await ClusterState(asking: FakeMember(status: alone))
        } throws: { "\($0)".contains("pve1 is in no cluster yet. Make one there first: pvecm create NAME") }
    }

    @Test func `an answer that is none of Proxmox VE's is told`() async throws {
        await #expect {
            try await ClusterState(asking: FakeMember(status: #"{"data":{"x":1}}"#))
        } throws: { "\($0)".contains("/cluster/status") }
    }
}
