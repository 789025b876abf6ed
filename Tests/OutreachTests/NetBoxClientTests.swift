import Fetch
import Foundation
import Testing

@testable import Outreach

@Suite struct NetBoxClientTests {
    static let bases = [
        "https://netbox.lan", "https://netbox.lan/", "https://netbox.lan/api", "https://netbox.lan/api/",
    ]

    @Test(arguments: bases)
    func `NetBox's own address is as good as its API's`(base: String) throws {
        let client = try NetBoxClient(try Sample.outlet(base, secret: "0123"))
        #expect(try client.request(.get, "dcim/sites/", nil).url.text == "https://netbox.lan/api/dcim/sites/")
    }

    static let tokens = [
        ("0123456789abcdef0123456789abcdef01234567", "Token"), ("nbt_abc123.secret", "Bearer"),
    ]

    @Test(arguments: tokens)
    func `a token is shown as its version wants`(token: String, scheme: String) throws {
        let client = try NetBoxClient(try Sample.outlet("http://netbox.lan", secret: token))
        let fields = try client.request(.get, "status/", nil).fields
        #expect(fields.contains { $0 == ("Authorization", "\(scheme) \(token)") })
    }

    @Test func `without a token nobody is asked, and a person is told how one is stored`() throws {
        let failed = #expect(throws: NotTold.self) { try NetBoxClient(try Sample.outlet("http://netbox.lan")) }
        #expect(failed?.description.hasSuffix("store it with: sprout secrets set infrastructure") == true)
    }

    static let versions = [
        ("3.7.8", false), ("4.0.0", false), ("4.1.11", false), ("4.2.0", true), ("4.10.1", true), ("5.0.0-beta1", true),
        ("4.2.5-Docker-3.2.0", true),
    ]

    @Test(arguments: versions)
    func `since 4.2 a MAC address is an object of its own`(version: String, hasObjects: Bool) throws {
        let status = try JSONDecoder().decode(
            NetBoxStatus.self, from: Data("{\"netbox-version\":\"\(version)\",\"plugins\":{}}".utf8))
        #expect(status.hasMACObjects == hasObjects)
    }
}
