import Control
import Crypto
import HTTP
import Images
import Linux
import Model
import Recipes
import Store

/// The files that a machine loads to be installed, to whoever has the token of its operation.
///
/// Nginx sends the large ones itself, told by a field which; only the end of the ISO, and what brings the agent, are made
/// here, for the operation.
struct InstallerFiles: Sendable {
    let store: Store
    let folder: ImageFolder
    let report: @Sendable (Observation) -> Void

    func respond(to request: Request) async throws -> Response {
        let name = request.parameters["file"] ?? ""
        guard let token = Token(request.query["token"]),
            let (operation, host) = try await store.operation(withToken: token.hash),
            [.pxeReady, .pxeBooted].contains(host.state), let id = operation.image,
            let image = try await store.image(id)
        else { throw Problem(404, "There is nothing here.") }
        if name == "lost" { return lost(request.query["file"] ?? "files", host) }
        let isAgent = name == "agent" && image.agentObstacle == nil
        guard isAgent || Importer.fileNames.contains(name) else { throw Problem(404, "There is nothing here.") }
        try check(image, host)
        if request.method == "GET" {
            report(
                .machine(.http(.loadsInstaller, of: host.mac, address: request.headers["x-real-ip"]) { $0.file = name })
            )
            if name == "vmlinuz" { report(.script(ScriptFetch(host: host, at: .now(), .fetchedKernel), of: host)) }
        }
        if isAgent { return try agent(image, host, token, request) }
        return name == "tail"
            ? try await tail(image, host, token, request)
            : Response(
                status: 200,
                headers: [
                    "x-accel-redirect": "/images/\(image.id)/\(name)", "content-type": "application/octet-stream",
                ])
    }

    /// What changes while it is loaded would be installed half: the last file is asked for when the others are there.
    private func check(_ image: InstallerImage, _ host: Host) throws(Problem) {
        do throws(ImageFolder.Damaged) {
            try folder.check(image)
        } catch {
            report(.script(ScriptFetch(host: host, at: .now(), .damagedImage("\(error).")), of: host))
            throw Problem(409, "\(error).")
        }
    }

    private func tail(_ image: InstallerImage, _ host: Host, _ token: Token, _ request: Request) async throws
        -> Response
    {
        var bytes = try Files.read(folder.place(of: "tail", in: image), limit: 16 << 20)
        let (start, length) = (Int(image.modeFile.offset), Int(image.modeFile.length))
        let mode = ModeFile(server: try request.reachedServer, token: token.text, release: image.release)
        guard let content = mode.bytes(length: length), start + length <= bytes.count else {
            throw Problem(500, "The image \(image.id) has no room for the address of its answer.")
        }
        bytes.replaceSubrange(start..<start + length, with: content)
        return .bytes(bytes, tag: "\(image.id)-\(host.id)", type: "application/octet-stream", for: request)
    }

    /// What lies over the installer's own initrd: its first program with one line more, and what that line leads to.
    private func agent(_ image: InstallerImage, _ host: Host, _ token: Token, _ request: Request) throws -> Response {
        let place = InstallerAgent.place(server: try request.reachedServer, token: token.text)
        let archive = CpioMember.archive([
            ("init", 0o100755, try Files.read(folder.place(of: InstallerImage.patchedInit, in: image))),
            ("sprout", 0o040700, []),
            ("sprout/hook", 0o100600, InstallerAgent.hook),
            ("sprout/agent", 0o100755, InstallerAgent.agent),
            ("sprout/place", 0o100600, Array(place.utf8)),
        ])
        return .bytes(
            archive, tag: "\(image.id)-\(host.id)-agent", type: "application/octet-stream", for: request)
    }

    private func lost(_ file: String, _ host: Host) -> Response {
        let word = ["kernel", "initrd", "ISO", "start"].contains(file) ? file : "files"
        report(.script(ScriptFetch(host: host, at: .now(), .couldNotLoad(file: word)), of: host))
        return .text("#!ipxe\n")
    }
}
