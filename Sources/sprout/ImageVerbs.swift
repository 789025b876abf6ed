import Control
import HTTP
import Model

extension Verb {
    static let imagesImport: Verb = Verb(
        words: ["images", "import"], summary: "make a Proxmox VE ISO, a file or an address, ready to be installed",
        operands: [Operand(name: "FILE|URL", completion: .file)],
        options: [
            Option(
                name: "--sha256", value: "SUM",
                summary: "what its maker says its SHA-256 is; of a URL it is looked for beside it")
        ] + connectionOptions,
        example: "sprout images import https://mirror.example.org/iso/proxmox-ve_9.2-1.iso"
    ) { invocation in
        let iso = ISOImport(
            invocation.operands[0], sha256: invocation.value("--sha256"), try API(invocation), invocation.reactor)
        Terminal.say("\(try await iso.run()) is ready to be installed.")
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
            [
                $0.id, "\($0.product) \($0.release)", Meter.megabytes($0.size), $0.importedAt.description,
                $0.damage == nil ? "ready" : "damaged",
            ]
        }
        Terminal.say(Terminal.table([["IMAGE", "WHAT", "SIZE", "IMPORTED", "STATE"]] + rows))
        for image in images { image.damage.map { Terminal.say("\(image.id) is damaged: \($0).") } }
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
            \(condition(of: image))

            \(Terminal.table([["FILE", "SIZE", "SHA-256"]] + rows))
            """)
    }

    static let imagesVerify: Verb = Verb(
        words: ["images", "verify"], summary: "read all files of an image and compare their checksums",
        operands: [imageOperand], options: connectionOptions, example: "sprout images verify proxmox-ve-9.2-1"
    ) { invocation in
        let id = invocation.operands[0]
        let api = try API(invocation)
        _ = try await Meter.waiting("reading all files of \(id)", invocation.reactor) {
            try await api.send("POST", "/api/images/\(Percent.encoded(id))/verify")
        }
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

    private static func condition(of image: InstallerImage) -> String {
        let moment = image.checkedAt ?? image.importedAt
        return image.damage.map { "It is damaged, \(moment): \($0)." }
            ?? "Its files were last found whole at \(moment)."
            + (image.agentObstacle.map { "\nNo live progress for this release, because \($0)." } ?? "")
    }

    private static let imageOperand = Operand(name: "IMAGE")
}
