import FoundationEssentials
import Model
import Seeded
import Testing

@testable import Recipes

@Suite(.timeLimit(.minutes(5))) struct AnswerRequestTests {
    static let body = """
        {"product":{"fullname":"Proxmox VE","product":"pve"},"iso":{"release":"9.2","isorelease":"1"},
         "dmi":{"system":{"serial":"PF3ABCDE","uuid":"4c4c4544-0042-3510-8052-b4c04f335931"}},
         "network_interfaces":[{"link":"enp1s0","mac":"BC:24:11:49:8D:75"},{"link":"enp2s0","mac":"BC:24:11:49:8D:76"}]}
        """

    static let report = """
        {"fqdn":"a.b","filesystem":"ext4","boot-info":{"mode":"bios"},"machine-id":"0123456789abcdef0123456789abcdef",
         "disks":[{"size":1,"is-bootdisk":true,"udev-properties":{"DEVNAME":"/dev/vda","ID_SERIAL":"x"}}],
         "network-interfaces":[{"mac":"bc:24:11:49:8d:75","address":"10.0.0.2/24","is-management":true}],
         "ssh-public-host-keys":{"ed25519":"ssh-ed25519 AAAA"},"token":"secret"}
        """

    private func request(_ change: (inout AnswerRequest) -> Void = { _ in }) throws -> AnswerRequest {
        let plan = try AnswerSample.plan(.v9x2)
        let machine = try JSONDecoder().decode(SystemInformation.self, from: Data(Self.body.utf8))
        var request = AnswerRequest(
            machine, hostname: plan.hostname, type: ServerType(key: "vm", bootDisk: .path("/dev/vda")),
            installation: plan.installation, netbooted: try MACAddress("bc:24:11:49:8d:75"), callbacks: plan.callbacks)
        request.rootPasswordHash = plan.rootPasswordHash
        request.type.network = .fixed(cidr: "10.20.0.0/24", gateway: "10.20.0.1", dns: "1.1.1.1")
        request.address = "10.20.0.13"
        change(&request)
        return request
    }

    private func problem(_ change: (inout AnswerRequest) -> Void) throws -> String? {
        let request = try request(change)
        return #expect(throws: AnswerProblem.self) { try AnswerPlan(request) }?.description
    }

    @Test func `the port with the address is known by its MAC address, and keeps its name (P20)`() throws {
        let answer = try Answer(try AnswerPlan(try request()))
        #expect(answer.text.contains(#"ID_NET_NAME_MAC = "*bc2411498d75""#))
        #expect(answer.text.contains(#""bc:24:11:49:8d:75" = "mgmt0""#))
        #expect(answer.text.contains(#"cidr = "10.20.0.13/24""#))
        let other = try Answer(try AnswerPlan(try request { $0.type.managementNIC = .name("enp2s0") }))
        #expect(other.text.contains(#"ID_NET_NAME_MAC = "*bc2411498d76""#))
        #expect(other.text.contains(#""bc:24:11:49:8d:76" = "mgmt0""#))
    }

    @Test func `a machine or an address that cannot be right is refused (P5, P20)`() throws {
        #expect(
            try problem { $0.address = nil }
                == "address: pve-01 has none, and its server type's network is static: give it one in 10.20.0.0/24.")
        let elsewhere =
            "does not lie in 10.20.0.0/24, the network of its server type: give the host another."
        #expect(try problem { $0.address = "10.20.1.13" } == "address: \"10.20.1.13\" \(elsewhere)")
        #expect(try problem { $0.address = "10.20.0.13/16" } == "address: \"10.20.0.13/16\" \(elsewhere)")
        #expect(
            try problem { $0.type.managementNIC = .name("eno1") }?.hasPrefix("management_nic: \"eno1\" is no") == true)
    }

    static let refused: [(from: String, to: String, problem: String)] = [
        (
            #""fullname":"Proxmox VE","product":"pve""#, #""fullname":"Proxmox Backup Server","product":"pbs""#,
            "image: \"Proxmox Backup Server\" is not Proxmox VE: choose an image of Proxmox VE for this host."
        ),
        ("9.2", "8.1", "release: \"8.1\" is older than the unattended installation"),
        ("BC:24:11:49:8D:75", "BC:24:11:49:8D:77", "management_nic: \"bc:24:11:49:8d:75\" is no port of this machine"),
    ]

    @Test(arguments: refused)
    func `what asks must be what was sent there (P5)`(from: String, to: String, problem: String) throws {
        let json = Self.body.replacing(from, with: to)
        let machine = try JSONDecoder().decode(SystemInformation.self, from: Data(json.utf8))
        #expect(try self.problem { $0.machine = machine }?.hasPrefix(problem) == true)
    }

    @Test(arguments: [body, report])
    func `every truncation and ten thousand mutations of what a machine says are read or refused`(json: String) {
        let bytes = Array(json.utf8)
        for length in 0..<bytes.count { read(Array(bytes.prefix(length))) }
        var random = Seeded(state: 20_261_121)
        for _ in 0..<10_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: mutated.indices, using: &random)
                mutated[place] = Self.significant.randomElement(using: &random) ?? 0
            }
            read(mutated)
        }
    }

    private static let significant = Array("{}[]\",:0-9eE\\u. nulltrue\u{0}\u{7F}".utf8) + [0xC3, 0xFF]

    /// What is read can be written and read again: nothing in it is only half valid.
    private func read(_ bytes: [UInt8]) {
        if let machine = try? JSONDecoder().decode(SystemInformation.self, from: Data(bytes)) {
            let again = try? JSONDecoder().decode(SystemInformation.self, from: JSONEncoder().encode(machine))
            #expect(again == machine)
        }
        if let report = try? JSONDecoder().decode(InstalledReport.self, from: Data(bytes)) {
            let again = try? JSONDecoder().decode(InstalledReport.self, from: JSONEncoder().encode(report))
            #expect(again?.disks == report.disks && again?.ports == report.ports && again?.fqdn == report.fqdn)
        }
    }
}
