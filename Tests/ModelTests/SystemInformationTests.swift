import FoundationEssentials
import Model
import Testing

@Suite(.timeLimit(.minutes(5))) struct SystemInformationTests {
    static func read(_ json: String) throws -> SystemInformation {
        try JSONDecoder().decode(SystemInformation.self, from: Data(json.utf8))
    }

    /// As 9.2 sends it; `schema` is what 8.2 lacks.
    static func body(schema: String = #""$schema": {"version": "1.0"},"#, mac: String = "BC:24:11:49:8D:75") -> String {
        """
        {
          \(schema)
          "product": { "fullname": "Proxmox VE", "product": "pve", "enable_btrfs": true },
          "iso": { "release": "9.2", "isorelease": "1" },
          "dmi": {
            "system":    { "serial": "PF3ABCDE", "sku": "20XW", "uuid": "4c4c4544-0042-3510-8052-b4c04f335931",
                           "name": "ThinkCentre M75q" },
            "baseboard": { "asset_tag": "", "serial": "L1HF12345", "name": "3186" },
            "chassis":   { "serial": "PF3ABCDE", "sku": "Default string", "asset_tag": "No Asset Information" }
          },
          "network_interfaces": [
            { "link": "enp1s0", "mac": "\(mac)" },
            { "link": "ib0", "mac": "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:31:78:f2" },
            { "link": "dummy0", "mac": "00:00:00:00:00:00" },
            { "link": "enp2s0", "mac": "bc:24:11:49:8d:76" }
          ]
        }
        """
    }

    @Test(arguments: [
        (body(), "9.2"), (body(schema: ""), "8.2, without $schema"), (body(mac: "bc:24:11:49:8d:75"), ""),
    ])
    func `what an installer says is read, with MAC addresses in any case (P5)`(json: String, _: String) throws {
        let machine = try Self.read(json)
        #expect(machine.product.product == "pve" && machine.iso.release == "9.2" && machine.iso.isorelease == "1")
        #expect(machine.ports.map(\.link) == ["enp1s0", "enp2s0"])
        #expect(machine.ports.map(\.mac.description) == ["bc:24:11:49:8d:75", "bc:24:11:49:8d:76"])
        #expect(machine.identity.serial == "PF3ABCDE" && machine.identity.uuid != nil)
        #expect(machine.dmi.baseboard.assetTag == nil && machine.dmi.chassis.assetTag == "No Asset Information")
        #expect(try JSONDecoder().decode(SystemInformation.self, from: JSONEncoder().encode(machine)) == machine)
    }

    @Test func `the firmware's words may all be missing, or be no words`() throws {
        for dmi in ["{}", "null", "7", #"{"system":{"serial":7,"uuid":null}}"#, #"{"system":[]}"#] {
            let json = #"{"product":{"product":"pve"},"iso":{"release":"9.2"},"dmi":\#(dmi)}"#
            let machine = try Self.read(json)
            #expect(machine.identity.isEmpty && machine.ports.isEmpty)
        }
        for json in ["{}", "[]", #"{"product":{"product":"pve"}}"#, #"{"iso":{"release":"9.2"}}"#] {
            #expect(throws: DecodingError.self) { try Self.read(json) }
        }
    }

    @Test func `no text is longer, and no list has more in it, than any real one`() throws {
        let long = String(repeating: "A", count: 100_000)
        let ports = (0..<5000).map { #"{"link":"e\#($0)","mac":"52:54:00:00:00:01"}"# }.joined(separator: ",")
        let machine = try Self.read(
            #"{"product":{"product":"pve"},"iso":{"release":"\#(long)"},"#
                + #""dmi":{"system":{"name":"\#(long)","serial":"a\n\u001b[2Jb"}},"#
                + #""network_interfaces":[null,7,\#(ports)]}"#
        )
        #expect(machine.iso.release.utf8.count == 200 && machine.dmi.system.name?.utf8.count == 200)
        #expect(machine.dmi.system.serial == "a[2Jb")
        #expect(machine.ports.count == 62)
    }

    @Test func `the port with the address is the one that is named, or the one that netboots (P20)`() throws {
        let machine = try Self.read(Self.body())
        let first = try MACAddress("bc:24:11:49:8d:75")
        let second = try MACAddress("bc:24:11:49:8d:76")
        #expect(try machine.managementPort(nil, netbooted: second) == second)
        #expect(try machine.managementPort(.name("enp2s0"), netbooted: first) == second)
        #expect(try machine.managementPort(.mac("bc:24:11:49:8d:76"), netbooted: first) == second)
        let problem = #expect(throws: AnswerProblem.self) {
            try machine.managementPort(.name("eno1"), netbooted: first)
        }
        #expect(
            problem?.description
                == "management_nic: \"eno1\" is no port of this machine; it has: enp1s0 (bc:24:11:49:8d:75), "
                + "enp2s0 (bc:24:11:49:8d:76). Correct the server type.")
    }
}
