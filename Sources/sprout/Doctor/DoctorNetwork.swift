import Control
import Glibc
import HTTP
import Linux
import Model
import Settings
import Wire

/// What machines that netboot need of the network.
extension Doctor {
    func networkFindings(_ pxe: Provisioning.PXE) -> [Finding] {
        guard pxe.isEnabled, let name = pxe.interface else {
            return [.caution("network", "Network boot is switched off.", "Set pxe.enabled and pxe.interface.")]
        }
        guard let found = interface(name) else {
            let others = ((try? probe().interfaces()) ?? []).map(\.name).joined(separator: ", ")
            return [
                .bad(
                    "network", "The port \(name) is not there, or has no IPv4 address.",
                    "Plug it in and give it an address, or set pxe.interface to one of: \(others).")
            ]
        }
        let address = DottedQuad.text(found.address)
        if let subnet = pxe.subnet {
            let mask = subnet.prefixLength == 0 ? 0 : UInt32.max << UInt32(32 - subnet.prefixLength)
            guard found.address & mask == subnet.address & mask else {
                return [
                    .bad(
                        "network", "\(name) has \(address), which is not in pxe.subnet \(subnet).",
                        "Give it an address there, or correct pxe.subnet.")
                ]
            }
        }
        return [.good("network", "\(name) has the address \(address).")]
    }

    /// Sprout's own first program, as a machine would load it.
    func tftpFinding(_ pxe: Provisioning.PXE) async throws -> Finding {
        guard let found = pxe.interface.flatMap(interface) else {
            return .bad("tftp", "TFTP cannot be tried without an address.", "See above.")
        }
        do {
            let socket = try probe()
            let wish = TFTPPacket.readRequest(TFTPRequest(name: Array("undionly.kpxe".utf8)))
            try socket.sendAtOnce(wish.serialized(), to: Endpoint(address: found.address, port: 69))
            let answer = try await socket.receive(until: .now + .seconds(3))
            guard case .data(_, let bytes) = try TFTPPacket(parsing: answer.bytes.span), !bytes.isEmpty else {
                return .bad(
                    "tftp", "TFTP does not give out undionly.kpxe.",
                    "Install Debian's package ipxe, of Debian 13 or newer.")
            }
            let thanks = TFTPPacket.error(TFTPError(code: 0, text: "enough"))
            try? socket.sendAtOnce(thanks.serialized(), to: answer.sender)
            return .good("tftp", "TFTP gives out undionly.kpxe.")
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return .bad(
                "tftp", "TFTP does not answer at \(DottedQuad.text(found.address)): \(error).",
                "Does a firewall close port 69/udp? Is sprout-boot running?")
        }
    }

    /// What browsers and machines ask first.
    func frontFindings() async throws -> [Finding] {
        var findings: [Finding] = []
        for (target, beginning, what) in [
            ("/assets/sprout.css", "", "the dashboard's files"), ("/netboot/autoexec.ipxe", "#!ipxe", "iPXE's script"),
        ] {
            do {
                let answer = try await Client(place.front, reactor).send("GET", target, timeout: .seconds(5))
                let text = String(decoding: answer.body, as: UTF8.self)
                findings.append(
                    answer.status == 200 && text.hasPrefix(beginning)
                        ? .good("http", "nginx at \(place.front) gives out \(what).")
                        : .bad(
                            "http", "nginx at \(place.front) answers \(answer.status) instead of \(what).",
                            "journalctl -u sprout-nginx, or what sprout up says, tells why."))
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                findings.append(
                    .bad(
                        "http", "nginx does not answer at \(place.front): \(error).",
                        "journalctl -u sprout-nginx, or what sprout up says, tells why."))
            }
        }
        return findings
    }

    func publicFinding(_ url: WebAddress) async throws -> Finding {
        guard url.scheme == .http else {
            return .caution("public_url", "server.public_url is \(url), which is not tried.", "Try it by hand.")
        }
        let address = Address.tcp(host: url.host, port: url.port ?? 80)
        do {
            let answer = try await Client(address, reactor).send("GET", "/health", timeout: .seconds(5))
            guard answer.status == 200, String(decoding: answer.body, as: UTF8.self).contains("sprout-web") else {
                return .bad("public_url", "Somebody else answers at \(url).", "Correct server.public_url.")
            }
            return .good("public_url", "Sprout answers at \(url).")
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return .bad(
                "public_url", "Nobody answers at server.public_url \(url): \(error).",
                "Correct it, or remove it: machines then go on where they asked first.")
        }
    }

    private func probe() throws -> DatagramSocket {
        try DatagramSocket(try .datagrams(port: 0, interface: nil), reactor)
    }

    private func interface(_ name: String) -> Interface? {
        guard let found = try? probe().interface(named: name), found.address != 0 else { return nil }
        return found
    }
}
