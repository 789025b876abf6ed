import Model
import Testing

@testable import Outreach

@Suite struct RegistrationTests {
    @Test func `P11: an inventory is told what the host is made of`() throws {
        let text = String(
            decoding: try Sample.registration(cluster: "home").json(
                delivery: "d-1", at: Sample.moment, from: "0.1.0"), as: UTF8.self)
        let expected =
            #"{"at":"\#(Sample.moment)","delivery":"d-1","event":"host.installed","host":{"address":"10.0.0.13","#
            + #""cluster":"home","disks":[{"installed_on":true,"model":"SSD","name":"/dev/nvme0n1","serial":"D-1"},"#
            + #"{"installed_on":false,"name":"/dev/sda"}],"fqdn":"pve-01.home.arpa","gpu":false,"#
            + #""hostname":"pve-01","id":"h-1","inventory_type":"minisforum-ms-01","macs":["52:54:00:00:00:01"],"#
            + #""model":"MS-01","ports":[{"mac":"52:54:00:00:00:02","management":false,"name":"nic1"},"#
            + #"{"mac":"52:54:00:00:00:01","management":true,"name":"mgmt0"}],"prefix_length":24,"serial":"S-1","#
            + #""server_type":"ms01","system":{"installed_at":"\#(Sample.moment)","kernel":"7.0.2-5-pve","#
            + #""product":"Proxmox VE","version":"9.2.4"},"uuid":"4c4c4544-0042-3510-8052-b4c04f000001"},"#
            + #""sprout":"0.1.0"}"#
        #expect(text == expected)
    }

    @Test func `where it called from comes before what was planned, and that before what it said`() throws {
        let told = try Sample.inventory(address: "10.0.0.7", addresses: ["10.0.0.13/24", "10.0.0.7/25"])
        let called = try Sample.registration(told, address: "10.0.0.9")
        #expect(called.address == "10.0.0.7" && called.prefixLength == 25)
        let planned = try Sample.registration(address: "10.0.0.9")
        #expect(planned.address == "10.0.0.9" && planned.prefixLength == nil)
        let said = try Sample.registration(try Sample.inventory(addresses: [], reported: "10.0.0.5/16"))
        #expect(said.address == "10.0.0.5" && said.prefixLength == 16)
    }
}
