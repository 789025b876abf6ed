import Settings
import Testing

/// What pxe.mode server needs, and what cannot be right there.
@Suite(.timeLimit(.minutes(5))) struct OwnDHCPMistakesTests {
    private static let range =
        "allowed: first-last, such as 192.168.1.100-192.168.1.199, at most 65536 addresses"
    private static let address = "allowed: an IPv4 address such as 192.168.1.1"
    private static let time = "allowed: minutes or hours from 5m to 24h, such as 30m or 4h"

    static let mistakes: [(text: String, message: String)] = [
        ("mode: servr", "1:13: pxe.mode: found \"servr\", allowed: proxy or server; did you mean server?"),
        ("mode: server", "1:13: pxe.range: is needed when pxe.mode is server (\(range))"),
        ("range: 10.0.0.9", "1:14: pxe.range: found \"10.0.0.9\", \(range)"),
        (
            "range: 10.0.0.9 - 10.0.0.20",
            "1:14: pxe.range: found \"10.0.0.9 - 10.0.0.20\", \(range); did you mean 10.0.0.9-10.0.0.20?"
        ),
        ("range: 10.0.0.9-10.0.0.8", "1:14: pxe.range: found \"10.0.0.9-10.0.0.8\", \(range)"),
        ("range: 10.0.0.0-10.1.0.0", "1:14: pxe.range: found \"10.0.0.0-10.1.0.0\", \(range)"),
        ("range: 10.0.0.9-10.0.0.300", "1:14: pxe.range: found \"10.0.0.9-10.0.0.300\", \(range)"),
        ("router: gateway", "1:15: pxe.router: found \"gateway\", \(address)"),
        ("dns: dns.lan", "1:12: pxe.dns: found \"dns.lan\", \(address)"),
        ("lease_time: 10", "1:19: pxe.lease_time: found \"10\", \(time); did you mean 10m?"),
        ("lease_time: 4m", "1:19: pxe.lease_time: found \"4m\", \(time)"),
        ("lease_time: 25h", "1:19: pxe.lease_time: found \"25h\", \(time)"),
        ("lease_time: 1d", "1:19: pxe.lease_time: found \"1d\", \(time)"),
        (
            "subnet: 10.0.0.0/24, range: 10.0.1.9-10.0.1.20",
            "1:35: pxe.range: found \"10.0.1.9-10.0.1.20\", which does not lie in pxe.subnet, 10.0.0.0/24"
        ),
        (
            "subnet: 10.0.0.0/24, range: 10.0.0.1-10.0.0.255",
            "1:35: pxe.range: found \"10.0.0.1-10.0.0.255\", which does not lie in pxe.subnet, 10.0.0.0/24"
        ),
        (
            "subnet: 10.0.0.0/24, router: 10.0.1.1",
            "1:36: pxe.router: found \"10.0.1.1\", which does not lie in pxe.subnet, 10.0.0.0/24"
        ),
        (
            "range: 10.0.0.1-10.0.0.9, router: 10.0.0.1",
            "1:41: pxe.router: found \"10.0.0.1\", which lies in pxe.range, and would be given to a machine"
        ),
        (
            "range: 10.0.0.1-10.0.0.9, dns: 10.0.0.9",
            "1:38: pxe.dns: found \"10.0.0.9\", which lies in pxe.range, and would be given to a machine"
        ),
    ]

    @Test(arguments: mistakes)
    func `a mistake is reported with its place, what stands there and what may`(text: String, message: String) {
        do throws(Diagnostics) {
            let settings = try Provisioning(parsing: "pxe: {\(text)}", file: "provisioning.yaml")
            Issue.record("\(settings.pxe) was taken")
        } catch {
            #expect(error.all.map(\.description) == ["provisioning.yaml:" + message])
        }
    }
}
