import Model
import Serving
import Testing

@testable import Power

@Suite(.timeLimit(.minutes(5))) struct SystemSearchTests {
    /// A chassis of three machines, the list of which comes in two pages.
    private static let chassis: Controller.Make = {
        var make = Controller.Make.standard
        let systems = "/redfish/v1/Systems"
        let machine = make.resources["/redfish/v1/Systems/437XR1138R2"] ?? ""
        let uuids = ["38947555-7742-3448-3784-823347823834", "4c4c4544-0058-4b10-805a-b7c04f335032", "null"]
        for (number, uuid) in uuids.enumerated() {
            let path = "\(systems)/node\(number)"
            let more =
                "\"SerialNumber\":\"SN\(number)  \",\"UUID\":\"\(uuid)\","
                + "\"EthernetInterfaces\":{\"@odata.id\":\"\(path)/Ports\"}"
            make.resources[path] = machine.replacing("437XR1138R2", with: "node\(number)")
                .replacing("\"UUID\":\"38947555-7742-3448-3784-823347823834\"", with: more)
            make.resources["\(path)/Ports"] = Controller.Make.list("\(path)/Ports/1")
            make.resources["\(path)/Ports/1"] =
                "{\"MACAddress\":\"52-54-00-00-00-0\(number)\",\"PermanentMACAddress\":null}"
        }
        let first = Controller.Make.list("\(systems)/node0", "\(systems)/node1").dropLast()
        make.resources[systems] = first + ",\"Members@odata.nextLink\":\"\(systems)?page=2\"}"
        make.resources["\(systems)?page=2"] = Controller.Make.list("\(systems)/node2")
        return make
    }()

    static let hosts: [(String?, String?, String?, Int)] = [
        (nil, "sn1", nil, 1),
        ("38947555-7742-3448-3784-823347823834", nil, nil, 0),
        // As firmware says it that writes the first three fields the other way round.
        ("44454c4c-5800-104b-805a-b7c04f335032", nil, nil, 1),
        (nil, nil, "52:54:00:00:00:02", 2),
        ("00112233-4455-6677-8899-aabbccddeeff", "SN9", "52:54:00:00:00:01", 1),
    ]

    @Test(arguments: hosts)
    func `the host is found among several by what is known of it`(
        uuid: String?, serial: String?, mac: String?, number: Int
    ) async throws {
        let path = "/redfish/v1/Systems/node\(number)/Actions/ComputerSystem.Reset"
        var make = Self.chassis
        make.resetPath = path
        try await asking(Controller(make)) { (scene) async throws in
            let macs = try mac.map { [try MACAddress($0)] } ?? []
            let host = PoweredHost(name: "pve-01", macs: macs, identity: Identity(uuid: uuid, serial: serial))
            _ = try await scene.driver(host).on()
            #expect(await scene.controller.changes == ["POST \(path) {\"ResetType\":\"On\"}"])
        }
    }

    @Test func `none is switched where none is the host's`() async throws {
        try await asking(Controller(Self.chassis)) { (scene) async throws in
            let failed = await #expect(throws: PowerFailed.self) { try await scene.driver().off(gracefully: false) }
            #expect(
                scene.plain(failed)
                    == "pve-01 cannot be switched off by http://bmc/: it manages 3 machines (SN0, SN1, SN2), and"
                    + " none of them has the serial number, UUID or MAC address of pve-01. Let pve-01 netboot once,"
                    + " so that it tells them.")
            #expect(await scene.controller.changes.isEmpty)
        }
    }

    @Test func `a controller of no machine is told of`() async throws {
        var make = Controller.Make.standard
        make.resources["/redfish/v1/Systems"] = Controller.Make.list()
        try await asking(Controller(make)) { (scene) async throws in
            let failed = await #expect(throws: PowerFailed.self) { try await scene.driver().state() }
            #expect(failed?.description.contains("it manages no machine. Check the url") == true)
        }
    }
}
