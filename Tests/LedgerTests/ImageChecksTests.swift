import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct ImageChecksTests {
    private func imported(_ scene: Scene, at moment: Timestamp? = nil) async throws -> InstallerImage {
        let image = InstallerImage(
            id: "proxmox-ve-9.2-1", product: "Proxmox VE", release: "9.2", build: "1", source: "x.iso", size: 1,
            sha256: "00", importedAt: moment ?? scene.clock.now(), files: [],
            modeFile: InstallerImage.Span(offset: 0, length: 1))
        try await scene.ledger.add(image, by: Scene.author)
        return image
    }

    private func check(_ scene: Scene, _ image: InstallerImage, _ damage: String?) async throws -> Bool {
        scene.clock.advance(.seconds(86400))
        return try await scene.ledger.noteCheck(of: image, damage: damage, by: Scene.author)
    }

    @Test func `E20: a check stays with its image, and damage is one event`() async throws {
        let scene = try await Scene()
        let (image, store) = (try await imported(scene), try scene.store())
        #expect(try await store.image(image.id) == image)
        #expect(try await check(scene, image, nil) == false)
        #expect(try await store.image(image.id)?.checkedAt == scene.clock.now())
        #expect(try await check(scene, image, "a was b"))
        #expect(try await check(scene, image, "a was b") == false)
        let damaged = try #require(try await store.image(image.id))
        #expect((damaged.damage, damaged.checkedAt) == ("a was b", scene.clock.now()))
        #expect(try scene.count("SELECT count(*) FROM event WHERE kind = 'image.damaged'") == 1)
        #expect(try await check(scene, image, nil), "that it is whole again is news")
        #expect(try await store.image(image.id)?.damage == nil)
        #expect(try await check(scene, image, "a was c"))
        #expect(try scene.count("SELECT count(*) FROM event WHERE kind = 'image.damaged'") == 2)
    }

    @Test func `E20: a check of an image that is gone, or has another in its place, says nothing`() async throws {
        let scene = try await Scene()
        let image = try await imported(scene)
        try await scene.ledger.removeImage(image.id, by: Scene.author)
        #expect(try await check(scene, image, "gone") == false)
        let other = try await imported(scene)
        #expect(try await check(scene, image, "gone") == false)
        #expect(try await scene.store().image(image.id) == other)
    }

    @Test func `E20: a check is due after a day, and when the clock was set`() async throws {
        let scene = try await Scene()
        var image = try await imported(scene)
        let moment = image.importedAt
        #expect(!image.isCheckDue(at: moment + .seconds(86399)))
        #expect(image.isCheckDue(at: moment + .seconds(86400)))
        #expect(image.isCheckDue(at: moment + .seconds(-86400)))
        image.checkedAt = moment + .seconds(50000)
        #expect(!image.isCheckDue(at: moment + .seconds(86400)))
        #expect(image.isCheckDue(at: moment + .seconds(136400)))
    }
}
