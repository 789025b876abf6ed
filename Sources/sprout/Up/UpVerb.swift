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
        try NetbootWish.check(netboot, configuration, listen)
        return netboot
    }
}
