import Glibc
import Linux
import Settings

extension Verb {
    static let up: Verb = Verb(
        words: ["up"], summary: "run all of Sprout in the foreground: on a laptop, or in a test", operands: [],
        options: [
            Option(
                name: "--config", value: "FILE", summary: "provisioning.yaml; server-types.yaml lies beside it",
                completion: .file),
            Option(
                name: "--state", value: "DIR", summary: "where everything is kept; default: .sprout",
                completion: .folder),
            Option(
                name: "--listen", value: "[ADDRESS:]PORT",
                summary: "where the dashboard answers; default: 127.0.0.1:8080"),
            Option(
                name: "--listen-tls", value: "[ADDRESS:]PORT",
                summary: "where it answers over HTTPS too; default: nowhere"),
        ],
        example: "sprout up --config provisioning.yaml --state ~/sprout --listen 0.0.0.0:8080"
    ) { invocation in
        let listen = try listenAddress(invocation.value("--listen") ?? "127.0.0.1:8080")
        let listenTLS = try invocation.value("--listen-tls").map { try listenAddress($0, "--listen-tls") }
        let layout = try Layout(state: invocation.value("--state") ?? ".sprout")
        let lock = try layout.take()
        let configuration = try invocation.value("--config") ?? layout.exampleConfiguration()
        let netboot = try readNetboot(configuration, listen)
        let supervisor = try Supervisor(
            layout, configuration: Files.absolute(configuration), netboot, listen, listenTLS, invocation.reactor)
        try await supervisor.run()
        withExtendedLifetime(lock) {}
    }

    static func listenAddress(_ text: String, _ option: String = "--listen") throws -> Address {
        if let port = UInt16(text), port > 0 { return .tcp(host: "127.0.0.1", port: port) }
        guard let address = Address(authority: text[...], defaultPort: 0), case .tcp(_, let port) = address, port > 0
        else {
            throw UsageError(description: "\(option) is \"\(text)\"; it must be PORT or ADDRESS:PORT", verb: up)
        }
        return address
    }

    private static func readNetboot(_ configuration: String, _ listen: Address) throws -> Provisioning.PXE {
        let text: String
        do throws(Errno) {
            text = try Files.text(configuration)
        } catch {
            throw Failure(
                description: "\(configuration): \(error); deploy/provisioning.example.yaml shows what it may contain")
        }
        let netboot = try Provisioning(parsing: text, file: configuration).pxe
        if netboot.isEnabled, case .tcp(let host, _) = listen, host.hasPrefix("127.") || host == "localhost" {
            throw Failure(
                description: "\(configuration): pxe.enabled is true, but machines cannot reach \(listen): add"
                    + " --listen 0.0.0.0:80, or set pxe.enabled to false")
        }
        if netboot.isEnabled, netboot.mode == .server, let interface = netboot.interface,
            DefaultRoute.interfaces().contains(interface)
        {
            throw Failure(
                description:
                    "\(configuration): pxe.mode is server, but \(interface) leads to the Internet (it holds the"
                    + " default route): its network has a router that gives out addresses. Name another interface, or"
                    + " set pxe.mode to proxy.")
        }
        return netboot
    }
}
