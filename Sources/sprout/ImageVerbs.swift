import Control
import HTTP
import Linux
import Model

extension Verb {
    static let imagesImport: Verb = Verb(
        words: ["images", "import"], summary: "make a Proxmox VE ISO, as it was downloaded, ready to be installed",
        operands: [Operand(name: "FILE", completion: .file)],
        options: [
            Option(name: "--sha256", value: "SUM", summary: "what its maker says its SHA-256 is")
        ] + connectionOptions,
        example: "sprout images import proxmox-ve_9.2-1.iso"
    ) { invocation in
        let path = invocation.operands[0]
        guard !path.hasPrefix("http://"), !path.hasPrefix("https://") else {
            throw UsageError(
                description: "images are imported from a file so far: download \(path) first", verb: imagesImport)
        }
        let api = try API(invocation)
        let upload = try await Upload(path, sha256: invocation.value("--sha256"), api).send()
        var last = ImageImport(id: upload.id, source: upload.name, startedAt: .now())
        _ = try await api.send("POST", "/api/images/uploads/\(upload.id)/import")
        let meter = Meter()
        while !last.isOver {
            try await invocation.reactor.sleep(for: .milliseconds(300))
            let all = try await api.get("/api/images/imports", as: [String: [ImageImport]].self).value["imports"] ?? []
            guard let now = all.first(where: { $0.id == upload.id }) else {
                throw Failure(description: "the import was interrupted: run the same command again")
            }
            last = now
            if !now.isOver { meter.show(now.step, now.done, of: now.total) }
        }
        meter.clear()
        if let problem = last.problem { throw Failure(description: problem) }
        Terminal.say("\(last.image ?? upload.name) is ready to be installed.")
    }

    static let imagesList: Verb = Verb(
        words: ["images", "list"], summary: "show what can be installed", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout images list"
    ) { invocation in
        let (page, json) = try await API(invocation).get("/api/images", as: [String: [InstallerImage]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let images = page["images"] ?? []
        if images.isEmpty { return Terminal.say("No image yet. Import one: \(imagesImport.example)") }
        let rows = images.map {
            [$0.id, "\($0.product) \($0.release)", Meter.megabytes($0.size), $0.importedAt.description]
        }
        Terminal.say(Terminal.table([["IMAGE", "WHAT", "SIZE", "IMPORTED"]] + rows))
    }

    static let imagesShow: Verb = Verb(
        words: ["images", "show"], summary: "show an image, its files and their checksums",
        operands: [imageOperand], options: [outputOption] + connectionOptions,
        example: "sprout images show proxmox-ve-9.2-1"
    ) { invocation in
        let path = "/api/images/\(Percent.encoded(invocation.operands[0]))"
        let (image, json) = try await API(invocation).get(path, as: InstallerImage.self)
        if invocation.isJSON { return Terminal.say(json) }
        let rows = image.files.map { [$0.name, Meter.megabytes($0.size), $0.sha256] }
        Terminal.say(
            """
            \(image.id): \(image.product) \(image.release)-\(image.build), from \(image.source), \(image.importedAt)
            SHA-256 of the ISO: \(image.sha256)

            \(Terminal.table([["FILE", "SIZE", "SHA-256"]] + rows))
            """)
    }

    static let imagesVerify: Verb = Verb(
        words: ["images", "verify"], summary: "read all files of an image and compare their checksums",
        operands: [imageOperand], options: connectionOptions, example: "sprout images verify proxmox-ve-9.2-1"
    ) { invocation in
        let id = invocation.operands[0]
        try await API(invocation).send("POST", "/api/images/\(Percent.encoded(id))/verify")
        Terminal.say("\(id) is as it was imported.")
    }

    static let imagesRemove: Verb = Verb(
        words: ["images", "remove"], summary: "remove an image; what was installed from it stays",
        operands: [imageOperand], options: connectionOptions, example: "sprout images remove proxmox-ve-8.4-1"
    ) { invocation in
        let id = invocation.operands[0]
        try await API(invocation).send("DELETE", "/api/images/\(Percent.encoded(id))")
        Terminal.say("\(id) is removed.")
    }

    private static let imageOperand = Operand(name: "IMAGE")
}

/// Sends a file in pieces, and goes on where an earlier try stopped.
private struct Upload {
    private let path: String
    private let size: Int64
    private let sha256: String?
    private let api: API

    init(_ path: String, sha256: String?, _ api: API) throws {
        do throws(Errno) {
            size = Int64(try File(path).size)
        } catch {
            throw Failure(description: "\(path): \(error)")
        }
        (self.path, self.sha256, self.api) = (path, sha256, api)
    }

    func send() async throws -> ImageUpload {
        let file = try FileDescriptor(reading: path)
        let meter = Meter()
        var upload = try await begin()
        try file.seek(to: upload.received)
        while upload.received < size {
            var piece: [UInt8] = []
            let room = Int(min(Self.pieceSize, size - upload.received))
            while piece.count < room, try file.read(into: &piece, upTo: room - piece.count) > 0 {}
            guard piece.count == room else { throw Failure(description: "\(path) became shorter while it was sent") }
            do {
                let target = "/api/images/uploads/\(upload.id)?offset=\(upload.received)"
                let answer = try await api.send("PUT", target, body: piece, type: "application/octet-stream")
                upload = try JSON.decode(ImageUpload.self, from: answer.body)
            } catch let refusal as Failure {
                // A piece whose answer was lost has arrived all the same.
                let before = upload.received
                upload = try await begin()
                guard upload.received > before else { throw refusal }
                try file.seek(to: upload.received)
            }
            meter.show("sending", upload.received, of: size)
        }
        meter.clear()
        return upload
    }

    private func begin() async throws -> ImageUpload {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let wish = ImageUpload(name: name, size: size, sha256: sha256)
        let answer = try await api.send("POST", "/api/images/uploads", body: try JSON.encode(wish))
        return try JSON.decode(ImageUpload.self, from: answer.body)
    }

    private static let pieceSize: Int64 = 1 << 20
}

/// One line that tells how far something long is: bytes, rate, time left.
final class Meter {
    private var step = ""
    private var began = Reactor.Deadline.now
    private var first: Int64 = 0

    func show(_ step: String, _ done: Int64, of total: Int64) {
        if step != self.step { (self.step, began, first) = (step, .now, done) }
        let seconds = (Reactor.Deadline.now - began) / .seconds(1)
        let rate = seconds > 0.3 ? Double(done - first) / seconds : 0
        var line = "\(step)  \(Self.megabytes(done)) of \(Self.megabytes(total))"
        if rate > 0 {
            line += ", \(Self.megabytes(Int64(rate)))/s, \(Int(Double(total - done) / rate)) s left"
        }
        Terminal.status(line)
    }

    func clear() { Terminal.status("") }

    static func megabytes(_ bytes: Int64) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }
}
