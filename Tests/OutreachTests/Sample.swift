import Fetch
import Foundation
import Linux
import Model
import Testing

@testable import Outreach

enum Sample {
    static let moment = Timestamp(milliseconds: 1_795_000_000_000)

    static let host: Model.Host = {
        guard let name = try? Hostname("pve-01"), let mac = try? MACAddress("52:54:00:00:00:01") else {
            preconditionFailure("no host")
        }
        return Model.Host(
            id: "h-1", hostname: name, mac: mac, macs: [mac], serverType: "ms01", state: .ready, stateSince: moment,
            labels: [:], createdAt: moment)
    }()

    /// What an installer told, with `changes` to the whole or to its parts.
    static func inventory(
        address: String? = nil, addresses: [String] = ["10.0.0.13/24"], reported: String = "10.0.0.13/24"
    ) throws -> Inventory {
        let report = """
            {"product":{"version":"9.2.4"},"kernel-version":{"release":"7.0.2-5-pve"},"fqdn":"pve-01.home.arpa",
             "dmi":{"system":{"serial":"S-1","uuid":"4c4c4544-0042-3510-8052-b4c04f000001","name":"MS-01"}},
             "disks":[{"is-bootdisk":true,"udev-properties":{"DEVNAME":"/dev/nvme0n1","ID_MODEL":"SSD",
              "ID_SERIAL_SHORT":"D-1"}},{"udev-properties":{"DEVNAME":"/dev/sda"}}],
             "network-interfaces":[{"name":"nic1","mac":"52:54:00:00:00:02"},
              {"name":"mgmt0","mac":"52:54:00:00:00:01","address":"\(reported)","is-management":true}]}
            """
        let start = "{\"addresses\":[\(addresses.map { "\"\($0)\"" }.joined(separator: ","))]}"
        return Inventory(
            installedAt: moment, report: try JSONDecoder().decode(InstalledReport.self, from: Data(report.utf8)),
            startedAt: moment, start: try JSONDecoder().decode(StartReport.self, from: Data(start.utf8)),
            address: address)
    }

    static func registration(
        _ inventory: Inventory? = nil, address: String? = nil, cluster: String? = nil
    ) throws -> Registration {
        var host = host
        host.address = address
        return Registration(
            host, try inventory ?? Sample.inventory(), inventoryType: "minisforum-ms-01", hasGPU: false,
            cluster: cluster)
    }

    static func outlet(_ text: String, secret: String? = nil, hidesPath: Bool = false) throws -> Outlet {
        let url = try #require(WebURL(text))
        return Outlet(
            url, secret: secret, named: "infrastructure", fingerprint: nil, hidesPath: hidesPath, try Worker())
    }

    static func object(_ bytes: [UInt8]?) throws -> [String: Any] {
        let data = Data(try #require(bytes))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
