import Crypto
import Glibc
import HTTP
import Linux
import Model
import Rehearsal

/// A cluster of which one member answers over TLS: nginx has the certificate, and this process the answers.
final class ClusterStage: Sendable {
    struct Wish: Sendable {
        var address = "127.0.0.1"
        /// 0 takes one that is free.
        var port: UInt16 = 8006
        var name = "rehearsal"
        var members = 1
        var speed = 1.0
    }

    let folder: String
    let address: String
    let port: UInt16
    let fingerprint: String
    let password: String
    let model: ClusterModel
    private let front: FileDescriptor
    private let reactor: Reactor

    /// Opens the socket, and writes what the member has into the folder.
    init(_ wish: Wish, in folder: String, _ reactor: Reactor) throws {
        try Files.makeFolder(folder, mode: 0o700)
        let folder = try Files.absolute(folder)
        front = try Self.open(.tcp(host: wish.address, port: wish.port))
        let port = try front.localPort()
        let certificate = try Certificate(names: ["pve1", wish.address], days: 365)
        let cluster = Self.cluster(wish, certificate.fingerprint)
        (self.folder, address, self.port, self.reactor) = (folder, wish.address, port, reactor)
        (fingerprint, password) = (certificate.fingerprint, cluster.password)
        let files = ClusterFiles(root: "\(folder)/member")
        model = try ClusterModel(cluster, files)
        try Files.write(certificate.text, to: "\(folder)/certificate.pem")
        try Files.write(certificate.key, to: "\(folder)/key.pem", mode: 0o600)
        try Files.write(configuration, to: "\(folder)/nginx.conf")
        let settings = NodePrograms.Settings(
            node: cluster.local, addresses: [wish.address], root: files.root, home: "\(files.root)/root", port: port,
            speed: wish.speed, socket: "\(folder)/root.sock")
        let programs = NodePrograms.ofCluster.merging(NodePrograms.ofMachine) { $1 }
        try NodeFolder(path: files.root).write(programs, settings)
        // For a machine, or a container, that shall be a node: it takes this folder as it is.
        let whole = NodePrograms.wholeMachine(port: port, speed: wish.speed)
        try NodeFolder(path: "\(folder)/node").write(NodePrograms.ofCluster, whole)
    }

    private static func cluster(_ wish: Wish, _ fingerprint: String) -> StandInCluster {
        let members = (1...wish.members).map { number in
            // Only the first is there; the others are names with the addresses that follow.
            let address = number == 1 ? wish.address : following(wish.address, number - 1)
            return StandInCluster.Member(
                "pve\(number)", nodeID: number, rings: [0: address], address: address,
                fingerprint: number == 1 ? fingerprint : "")
        }
        return StandInCluster(
            wish.name, members: members, local: "pve1", password: Token().text, corosyncKey: Token().text)
    }

    private static func following(_ address: String, _ count: Int) -> String {
        DottedQuad.number(address[...]).map { DottedQuad.text($0 &+ UInt32(count)) } ?? "\(address)-\(count)"
    }

    private static func open(_ address: Address) throws -> FileDescriptor {
        do {
            return try FileDescriptor.listening(on: address)
        } catch let error as Errno where error == .addressInUse {
            let holder = address.port.flatMap { PortHolder.describe($0) } ?? "another process"
            throw Failure(description: "\(address) is taken by \(holder). Stop it, or choose another with --port.")
        } catch {
            throw Failure(description: "cannot listen on \(address): \(error)")
        }
    }

    /// Answers until the task is cancelled.
    func run() async throws {
        guard let nginx = Program.find("nginx") else {
            throw Failure(description: "nginx is not installed: apt-get install nginx-light, or `make deps`")
        }
        let door = ClusterDoor(model: model, reactor: reactor)
        let servers = [("api.sock", door.routes), ("root.sock", door.rootRoutes)]
        try await withThrowingTaskGroup { group in
            for (name, routes) in servers {
                let socket = try FileDescriptor.listening(on: .unix(path: "\(folder)/\(name)"))
                let server = try Server(on: socket, reactor, routes) { request, error in
                    Terminal.remark("\(request.method) \(request.path): \(error)")
                }
                group.addTask { try await server.run() }
            }
            group.addTask { try await self.serve(nginx) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func serve(_ nginx: String) async throws {
        let (reader, writer) = try FileDescriptor.pipe()
        let output = try Linux.Stream(FileDescriptor(owning: reader), reactor)
        let program = Program(
            path: nginx, arguments: ["-c", "\(folder)/nginx.conf", "-p", folder, "-e", "stderr"],
            // Nginx takes over the socket that this variable names.
            environment: ["NGINX": "3;"], directory: folder)
        let child = try program.start(
            descriptors: [front.rawValue], output: FileDescriptor(owning: writer), reactor)
        defer { child.signal(SIGTERM) }
        let end = try await withThrowingTaskGroup { group in
            group.addTask { await Lines.passOn(output, from: "cluster") }
            defer { group.cancelAll() }
            return try await child.end()
        }
        throw Failure(description: "nginx, which answers for the cluster, \(end)")
    }

    private var configuration: String {
        """
        # The front of a cluster that does not exist, made by Sources/sprout/Rehearse/Cluster/ClusterStage.swift.
        \(getuid() == 0 ? "user root;" : "")
        daemon off;
        worker_processes 1;
        pid \(folder)/nginx.pid;
        error_log stderr error;
        events { worker_connections 500; }
        http {
            access_log off;
            client_body_temp_path \(folder)/body;
            fastcgi_temp_path \(folder)/fastcgi;
            proxy_temp_path \(folder)/proxy;
            scgi_temp_path \(folder)/scgi;
            uwsgi_temp_path \(folder)/uwsgi;
            upstream api { server unix:\(folder)/api.sock max_fails=0; }
            server {
                listen \(Address.tcp(host: address, port: port)) ssl;
                ssl_certificate \(folder)/certificate.pem;
                ssl_certificate_key \(folder)/key.pem;
                proxy_read_timeout 10m;
                proxy_intercept_errors on;
                # What is cut off ends without an answer.
                error_page 502 @cut;
                location / { proxy_pass http://api; }
                location @cut { error_log stderr crit; return 444; }
            }
        }

        """
    }
}
