import Crypto
import Glibc
import Linux
import Model
import Testing

@testable import Update
@testable import sprout_system

/// A bundle of small parts, signed as image/update signs, in a folder of its own.
private final class Scene {
    let folder: String
    let key: SigningKey
    let version: String
    var contents: [UpdateBundle.Name: [UInt8]] = [:]

    init(_ version: String = "1.1.0") throws {
        var name = Array("/tmp/sprout-update-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&name))
        key = try SigningKey(seed: [UInt8](repeating: 7, count: 32))
        self.version = version
        for (number, name) in UpdateBundle.Name.allCases.enumerated() {
            contents[name] = (0..<((1 << 17) >> (2 * number))).map { UInt8(truncatingIfNeeded: $0 * (number + 3)) }
        }
    }

    deinit {
        func remove(_ path: String) {
            for name in Files.names(in: path) where unlink("\(path)/\(name)") != 0 {
                remove("\(path)/\(name)")
            }
            rmdir(path)
        }
        remove(folder)
    }

    var path: String { "\(folder)/bundle" }

    var head: [UInt8] {
        get throws {
            var text = "sprout update 1\nversion \(version)\n"
            for name in UpdateBundle.Name.allCases {
                let part = contents[name] ?? []
                text += "part \(name.rawValue) \(part.count) \(Digest.sha256(part).hexadecimal)\n"
            }
            return Array(text.utf8) + Array("signature \(try key.sign(Array(text.utf8)).hexadecimal)\n".utf8)
        }
    }

    @discardableResult
    func write(_ change: (inout [UInt8]) -> Void = { _ in }) throws -> Scene {
        var bytes = try head
        for name in UpdateBundle.Name.allCases { bytes += contents[name] ?? [] }
        change(&bytes)
        try Files.write(bytes, to: path)
        return self
    }

    func open() throws(UpdateProblem) -> UpdateBundle { try UpdateBundle(path, trusting: [key.publicKey]) }
}

@Suite(.timeLimit(.minutes(5))) struct UpdateBundleTests {
    @Test func `every part of a bundle is read as it was signed`() throws {
        let scene = try Scene().write()
        let bundle = try scene.open()
        #expect(bundle.version.description == "1.1.0")
        for name in UpdateBundle.Name.allCases {
            var read: [UInt8] = []
            try bundle.read(name, from: scene.path) { read += $0 }
            #expect(read == scene.contents[name])
        }
    }

    @Test func `A3 what is not signed by a known key is refused`() throws {
        let scene = try Scene().write()
        let other = try SigningKey(seed: [UInt8](repeating: 8, count: 32))
        for keys in [[], [other.publicKey], [[]]] {
            let problem = #expect(throws: UpdateProblem.self) { try UpdateBundle(scene.path, trusting: keys) }
            #expect(problem?.description.hasPrefix("it is not signed by") == true)
        }
        #expect(throws: Never.self) { try UpdateBundle(scene.path, trusting: [other.publicKey, scene.key.publicKey]) }
    }

    @Test func `A3 any changed byte of the head is refused`() throws {
        let scene = try Scene()
        let head = try scene.head
        for index in head.indices {
            try scene.write { $0[index] ^= 1 }
            #expect(throws: UpdateProblem.self, "byte \(index)") { try scene.open() }
        }
    }

    @Test func `A3 a changed byte of a part is noticed before its end`() throws {
        let scene = try Scene()
        let start = try scene.head.count
        try scene.write { $0[start + 100_000] ^= 1 }
        let bundle = try scene.open()
        #expect(throws: UpdateProblem("its part root is not what was signed: bring it again")) {
            try bundle.read(.root, from: scene.path) { _ in }
        }
    }

    @Test func `what was cut short or is something else is told apart`() throws {
        let scene = try Scene()
        try scene.write { $0.removeLast() }
        #expect(throws: UpdateProblem.self) { try scene.open() }
        try scene.write { $0 += [0] }
        #expect(throws: UpdateProblem.self) { try scene.open() }
        try Files.write("hello\n", to: scene.path)
        #expect(throws: UpdateProblem("it is no update of Sprout")) { try scene.open() }
        try Files.write("sprout update 2\nversion 9\n", to: scene.path)
        let later = #expect(throws: UpdateProblem.self) { try scene.open() }
        #expect(later?.description.hasPrefix("it is of a later kind") == true)
        try Files.write("sprout update 1\n" + String(repeating: "x", count: 10_000), to: scene.path)
        #expect(throws: UpdateProblem("it is damaged: bring it again")) { try scene.open() }
    }
}

@Suite(.timeLimit(.minutes(5))) struct UpdateRulesTests {
    private func obstacle(_ version: String, over running: String, _ history: BoxHistory = .init(), again: Bool = false)
        throws -> String?
    {
        let (version, running) = (try #require(ReleaseNumber(version)), try #require(ReleaseNumber(running)))
        return UpdateRules.obstacle(to: version, over: running, history, again: again)
    }

    @Test func `A3 only a later version is installed and a bad one only on purpose`() throws {
        #expect(try obstacle("1.10.0", over: "1.9.3") == nil)
        #expect(try obstacle("1.9.3", over: "1.9.3.0") == "1.9.3 is what runs already")
        #expect(try obstacle("1.9", over: "1.10")?.contains("older than what runs, which is 1.10") == true)
        let history = BoxHistory(bad: [
            .init(version: "2.0", at: Timestamp(milliseconds: 0), problem: "sprout-web did not answer")
        ])
        #expect(try obstacle("2.0", over: "1.9", history)?.contains("sprout-web did not answer") == true)
        #expect(try obstacle("2.0", over: "1.9", history, again: true) == nil)
    }

    @Test func `a number of a release is only one that can be a name of a file`() {
        for text in ["", "1..2", "1.2.3.4.5", "-1", "1.2a", "../1", "1 2", "99999999999999999999", "٣"] {
            #expect(ReleaseNumber(text) == nil, "\(text)")
        }
    }

    @Test func `A3 what became of a trial follows from what runs`() {
        let moment = Timestamp(milliseconds: 1_800_000_000_000)
        let trial = BoxHistory.Trial(wish: "w", version: "2.0", from: "1.0", isWritten: true)
        var good = BoxHistory(trial: trial, bad: [.init(version: "2.0", at: moment, problem: "x")])
        good.settle(running: "2.0", at: moment)
        #expect(good.last?.problem == nil && good.trial == nil && good.bad.isEmpty)

        var back = BoxHistory(trial: trial)
        back.trial?.problem = "sprout-web did not answer"
        back.settle(running: "1.0", at: moment)
        #expect(back.last?.problem == "2.0 was started three times, and did not work: sprout-web did not answer.")
        #expect(back.bad.map(\.problem) == ["sprout-web did not answer"])

        var cut = BoxHistory(trial: .init(wish: "w", version: "2.0", from: "1.0"))
        cut.settle(running: "1.0", at: moment)
        #expect(cut.last?.problem?.contains("before 2.0 was written") == true)
        #expect(cut.bad.isEmpty)
    }
}

/// A boot partition and a slot as files, with version 1.0.0 that runs and 0.9.0 in the other slot.
private struct Disk {
    let folder: String
    var boot: String { "\(folder)/boot" }
    var device: String { "\(folder)/slot" }

    init(in folder: String) throws {
        self.folder = folder
        try Files.makeFolder("\(folder)/boot/loader/entries")
        try Files.makeFolder("\(folder)/boot/sprout")
        for (version, entry) in [("1.0.0", "sprout_1.0.0.conf"), ("0.9.0", "sprout_0.9.0.conf")] {
            try Files.write(version, to: "\(boot)/loader/entries/\(entry)")
            for file in ["vmlinuz", "initrd", "microcode"] {
                try Files.write(version, to: "\(boot)/sprout/\(file)_\(version)")
            }
        }
        try Files.write([UInt8](repeating: 9, count: 1 << 20), to: device)
        try Files.write("sprout_0.9.0", to: "\(folder)/label")
    }

    /// What the boot loader could start, and whether all of it is there.
    func check(_ scene: Scene) throws {
        let entries = Files.names(in: "\(boot)/loader/entries").filter { $0.hasSuffix(".conf") }
        #expect(entries.contains("sprout_1.0.0.conf"))
        for file in ["vmlinuz", "initrd", "microcode"] {
            #expect(try Files.text("\(boot)/sprout/\(file)_1.0.0") == "1.0.0")
        }
        let slot = try Files.read(device, limit: 8 << 20)
        let label = try Files.text("\(folder)/label")
        for entry in entries where entry != "sprout_1.0.0.conf" {
            let version = UpdateWriter.version(entry)
            #expect(label == "sprout_\(version)")
            let isOld = version == "0.9.0"
            #expect(
                isOld ? slot == [UInt8](repeating: 9, count: 1 << 20) : slot.starts(with: scene.contents[.root] ?? []))
            for name in [UpdateBundle.Name.vmlinuz, .initrd, .microcode] {
                let bytes = try Files.read("\(boot)/sprout/\(name.rawValue)_\(version)")
                #expect(bytes == (isOld ? Array("0.9.0".utf8) : scene.contents[name]))
            }
        }
    }
}

private struct PowerCut: Error {}

@Suite(.timeLimit(.minutes(5))) struct UpdateWriterTests {
    /// Writes, and ends at the nth moment, as a power cut would; false once there are fewer.
    private func write(_ scene: Scene, to disk: Disk, endingAt moment: Int) async throws -> Bool {
        let slot = Slot(device: disk.device, size: 1 << 20, disk: "", number: "")
        let writer = UpdateWriter(
            bundle: try scene.open(), path: scene.path, slot: slot, boot: disk.boot, running: "1.0.0")
        var passed = 0
        func pass() throws {
            passed += 1
            if passed == moment { throw PowerCut() }
        }
        do {
            try await writer.write(
                label: { text in
                    try pass()
                    try Files.write(text, to: "\(disk.folder)/label")
                    try pass()
                }, telling: { _, _, _ in try pass() }, beforeItCanStart: { try pass() })
            return false
        } catch is PowerCut {
            return true
        }
    }

    @Test func `A3 a power cut at any moment leaves versions that start`() async throws {
        var moment = 1
        while true {
            let scene = try Scene().write()
            let disk = try Disk(in: scene.folder)
            guard try await write(scene, to: disk, endingAt: moment) else { break }
            try disk.check(scene)
            // What is begun again comes to its end.
            #expect(try await write(scene, to: disk, endingAt: 0) == false)
            try disk.check(scene)
            #expect(Files.exists("\(disk.boot)/loader/entries/sprout_1.1.0+3.conf"))
            moment += 1
        }
        #expect(moment > 10)
    }

    @Test func `what was written is whole and the version before the last is gone`() async throws {
        let scene = try Scene().write()
        let disk = try Disk(in: scene.folder)
        #expect(try await write(scene, to: disk, endingAt: 0) == false)
        try disk.check(scene)
        #expect(Files.names(in: "\(disk.boot)/loader/entries") == ["sprout_1.0.0.conf", "sprout_1.1.0+3.conf"])
        #expect(Files.names(in: "\(disk.boot)/sprout").count == 6)
    }

    @Test func `a part that changed after it was looked at is not started`() async throws {
        let scene = try Scene()
        let (start, root) = (try scene.head.count, scene.contents[.root]?.count ?? 0)
        try scene.write { $0[start + root + 5] ^= 1 }
        let disk = try Disk(in: scene.folder)
        await #expect(throws: UpdateProblem.self) { try await write(scene, to: disk, endingAt: 0) }
        try disk.check(scene)
        #expect(Files.names(in: "\(disk.boot)/loader/entries") == ["sprout_1.0.0.conf"])
    }

    @Test func `a root that is larger than the slot is refused before anything is changed`() async throws {
        let scene = try Scene()
        scene.contents[.root] = [UInt8](repeating: 1, count: 2 << 20)
        try scene.write()
        let disk = try Disk(in: scene.folder)
        await #expect(throws: UpdateProblem("its root has 2 MiB, and the slots of this box 1")) {
            try await write(scene, to: disk, endingAt: 0)
        }
        #expect(try Files.text("\(disk.folder)/label") == "sprout_0.9.0")
        #expect(Files.names(in: "\(disk.boot)/loader/entries").count == 2)
    }
}
