import Control
import Crypto
import Glibc
import HTTP
import Linux
import Settings

/// Runs nginx and the daemons as children, with the sockets, the readiness and the watchdogs that systemd would give.
actor Supervisor {
    private let layout: Layout
    private let configuration: String
    private let listen: Address
    private let listenTLS: Address?
    private var netboot: Provisioning.PXE
    private let reactor: Reactor
    /// Open for as long as this process runs.
    private let fronts: [CInt]
    private let notifications: DatagramSocket
    private var children: [Keeper] = []
    private var isStopping = false

    init(
        _ layout: Layout, configuration: String, _ netboot: Provisioning.PXE, _ listen: Address,
        _ listenTLS: Address?, _ reactor: Reactor
    ) throws {
        self.layout = layout
        self.configuration = configuration
        self.listen = listen
        self.listenTLS = listenTLS
        self.netboot = netboot
        self.reactor = reactor
        fronts =
            try [Self.openFront(listen, "--listen").release()]
            + (listenTLS.map { [try Self.openFront($0, "--listen-tls").release()] } ?? [])
        notifications = try DatagramSocket(FileDescriptor.processDatagrams(at: "\(layout.run)/notify.sock"), reactor)
    }

    /// The sockets of the dashboard are opened here and handed to nginx: its restart loses nobody.
    private static func openFront(_ listen: Address, _ option: String) throws -> FileDescriptor {
        do {
            return try FileDescriptor.listening(on: listen)
        } catch let error as Errno where error == .addressInUse {
            guard case .tcp(_, let port) = listen else { throw error }
            let holder = PortHolder.describe(port) ?? "another process (as root, its name could be told)"
            throw Failure(description: "\(listen) is taken by \(holder). Stop it, or choose another with \(option).")
        } catch {
            throw Failure(description: "cannot listen on \(listen): \(error)")
        }
    }

    func run() async throws {
        guard let nginx = Program.find("nginx") else {
            throw Failure(description: "nginx is not installed: apt-get install nginx-light, or `make deps`")
        }
        let signals = try Signals([SIGINT, SIGTERM, SIGHUP], reactor)
        children = try makeChildren(nginx)
        try await withThrowingTaskGroup { group in
            group.addTask { try await self.listenToChildren() }
            group.addTask { try await self.endWhatHangs() }
            group.addTask { try await self.keepAll() }
            group.addTask { try await self.followSettings() }
            group.addTask { _ = try await signals.next() }
            try await group.next()
            Terminal.say("sprout: stopping")
            await stopAll()
            group.cancelAll()
        }
        Terminal.say("sprout: stopped")
    }

    private func makeChildren(_ nginx: String) throws -> [Keeper] {
        let file = "\(layout.run)/nginx.conf"
        let configuration = NginxConfiguration.up(
            layout, listen: listen, listenTLS: listenTLS, user: getuid() == 0 ? "root" : nil)
        try Files.write(configuration.text, to: file)
        // Where commands that ask by this state find the door of machines and browsers.
        try Files.write("http://\(machineAddress)\n", to: "\(layout.run)/url")
        let part = Part.nginx(configuration: file, run: layout.run)
        // Nginx takes over the sockets that this variable names.
        let handed = fronts.indices.map { "\($0 + 3);" }.joined()
        let front = Keeper(part, nginx, environment: ["NGINX": handed], fronts, layout.run, reactor)
        return try Part.daemons(netboots: netboot.isEnabled).map { try keeper($0, "\(layout.programs)/\($0.program)") }
            + [front]
    }

    /// Runs everything until it is stopped.
    ///
    /// The orchestrator makes the database that the others read: they wait for it.
    private func keepAll() async throws {
        try await withThrowingTaskGroup { group in
            for child in children {
                group.addTask { try await child.keep() }
                if child.part.name == "orchestrator" { await child.waitUntilReady() }
            }
            for child in children { await child.waitUntilReady() }
            if !isStopping {
                Terminal.say("sprout: ready. Dashboard: http://\(dashboard(listen))   (Ctrl-C stops everything)")
                if let listenTLS { tellFingerprint(listenTLS) }
                await tellSetupCode()
            }
            try await group.waitForAll()
        }
    }

    /// Nobody vouches for the certificate: what the browser shows is compared with this.
    private func tellFingerprint(_ listenTLS: Address) {
        guard let text = try? Files.text("\(layout.certificate)/served.pem"),
            let certificate = try? Certificate(parsing: text)
        else { return }
        Terminal.say("sprout: https://\(dashboard(listenTLS)) shows the certificate \(certificate.fingerprint)")
    }

    /// As long as nobody can sign in, the code is shown that makes the first user.
    ///
    /// Sprout may be stopped meanwhile: that nobody answers any more then is no failure.
    private func tellSetupCode() async {
        let client = Client(.unix(path: "\(layout.run)/web.sock"), reactor)
        guard let answer = try? await client.send("GET", "/api/setup"), answer.status == 200,
            let code = try? JSON.decode([String: String].self, from: answer.body)["code"]
        else { return }
        Terminal.say(
            "sprout: nobody can sign in yet: open http://\(dashboard(listen))/setup, and type the code \(code)")
    }

    private func keeper(_ part: Part, _ path: String) throws -> Keeper {
        guard Files.exists(path) else { throw Failure(description: "\(path) is missing: run `make build`") }
        let descriptors = try part.sockets.map { try open($0).release() }
        var environment = [
            "NOTIFY_SOCKET": "\(layout.run)/notify.sock",
            "SPROUT_BACKUPS": layout.backups,
            "SPROUT_BOOT_SOCKET": "\(layout.run)/boot.sock",
            "SPROUT_COMMAND_SOCKET": "\(layout.run)/command.sock",
            "SPROUT_CONFIG": configuration,
            "SPROUT_DATABASE": layout.database,
            "SPROUT_DHCP_SOCKET": "\(layout.run)/dhcp.sock",
            "SPROUT_FETCH_SOCKET": "\(layout.run)/fetch.sock",
            "SPROUT_HTTP_PORT": listen.port.map(String.init) ?? "80",
            "SPROUT_HTTPS_PORT": httpsPort,
            "SPROUT_IMAGES": layout.images,
            "SPROUT_INSTALL_SOCKET": "\(layout.run)/install.sock",
            "SPROUT_LEASE_SOCKET": "\(layout.run)/lease.sock",
            "SPROUT_METADATA_SOCKET": "\(layout.run)/metadata.sock",
            "SPROUT_NETBOOT_FILES": layout.netboot,
            "SPROUT_OBSERVE_SOCKET": "\(layout.run)/observe.sock",
            "SPROUT_SEALING_KEY": layout.key,
            "SPROUT_TLS": layout.certificate,
            "WATCHDOG_USEC": "\(Keeper.watchdogPeriod.components.seconds * 1_000_000)",
        ]
        environment["SPROUT_NETBOOT_OBSTACLE"] = NetbootWish.obstacle(listen)
        return Keeper(part, path, environment: environment, descriptors, layout.state, reactor)
    }

    private func open(_ socket: Part.Socket) throws -> FileDescriptor {
        switch socket.place {
        case .file(let name): return try FileDescriptor.listening(on: .unix(path: "\(layout.run)/\(name)"))
        case .datagrams(let port): return try open(port)
        case .broadcasts(let port): return try open(port, onlyBroadcasts: true)
        }
    }

    /// Network boot is switched on, off, and to another port while everything runs.
    private func followSettings() async throws {
        while true {
            try await reactor.sleep(for: .seconds(1))
            guard let text = try? Files.text(configuration),
                let wish = try? Provisioning(parsing: text, file: configuration).pxe,
                (wish.isEnabled, wish.interface) != (netboot.isEnabled, netboot.interface)
            else { continue }
            do {
                try NetbootWish.check(wish, configuration, listen)
                try await reopen(wish)
            } catch {
                Terminal.complain("sprout: network boot stays as it was: \(error)")
            }
            netboot = wish
        }
    }

    private func reopen(_ wish: Provisioning.PXE) async throws {
        let before = netboot
        netboot = wish
        do {
            for part in Part.daemons(netboots: wish.isEnabled) where ["dhcp", "boot"].contains(part.name) {
                let sockets = try part.sockets.dropFirst().map { (name: $0.name, descriptor: try open($0).release()) }
                for child in children where child.part.name == part.name { await child.restart(with: sockets) }
            }
        } catch {
            netboot = before
            throw error
        }
    }

    private func open(_ port: UInt16, onlyBroadcasts: Bool = false) throws -> FileDescriptor {
        do {
            return try FileDescriptor.datagrams(
                port: port, interface: netboot.interface, onlyBroadcasts: onlyBroadcasts)
        } catch {
            throw Failure(description: Self.sentence(port, netboot.interface ?? "", error))
        }
    }

    private static func sentence(_ port: UInt16, _ interface: String, _ error: any Error) -> String {
        switch error as? Errno {
        case Errno.addressInUse:
            let holder = PortHolder.describe(port, .udp) ?? "another process (as root, its name could be told)"
            return
                "UDP port \(port), which network boot needs, is taken by \(holder). Stop it, or set pxe.enabled to false."
        case Errno(rawValue: EACCES), Errno(rawValue: EPERM):
            return
                "UDP port \(port), which network boot needs, may be opened by root only: use sudo, or set pxe.enabled"
                + " to false."
        case Errno(rawValue: ENODEV):
            return
                "there is no interface \(interface), which pxe.interface names: `ip link` lists those that there are."
        default: return "UDP port \(port) of \(interface) cannot be opened: \(error)"
        }
    }

    private var httpsPort: String {
        guard let listenTLS, let port = listenTLS.port else { return "none" }
        return "\(port)"
    }

    private var machineAddress: String {
        guard case .tcp(let host, let port) = listen else { return listen.description }
        return ["0.0.0.0", "::"].contains(host) ? "127.0.0.1:\(port)" : listen.description
    }

    private func dashboard(_ address: Address) -> String {
        guard case .tcp(let host, let port) = address else { return address.description }
        return ["127.0.0.1", "0.0.0.0"].contains(host) ? "localhost:\(port)" : address.description
    }

    /// Nginx first, so that nobody is promised anything; the orchestrator last, so that everything is written.
    private func stopAll() async {
        isStopping = true
        for child in children.reversed() { await child.stop() }
    }

    private func listenToChildren() async throws {
        while true {
            let (text, sender) = try await notifications.receiveFromProcess()
            for child in children { await child.heard(text, from: sender) }
        }
    }

    private func endWhatHangs() async throws {
        while true {
            try await reactor.sleep(for: .seconds(1))
            for child in children { await child.endIfHanging() }
        }
    }
}
