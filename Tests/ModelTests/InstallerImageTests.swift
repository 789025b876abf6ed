import Model
import Testing

@Suite struct InstallerImageTests {
    @Test func `images are in the order of their releases, as numbers, and those of rehearsals come last`() {
        let images = [("9.2", "1"), ("9.10", "1"), ("9.2", "2"), ("10.0", "rehearsal"), ("8.4", "1")].map {
            InstallerImage(
                id: "\($0.0)-\($0.1)", product: "", release: $0.0, build: $0.1, source: "", size: 0, sha256: "",
                importedAt: Timestamp(milliseconds: 0), files: [], modeFile: .init(offset: 0, length: 0))
        }
        let order = images.sorted(by: InstallerImage.isNewer).map(\.id)
        #expect(order == ["9.10-1", "9.2-2", "9.2-1", "8.4-1", "10.0-rehearsal"])
    }

    @Test func `an image says why there is no agent, also one that an earlier release imported`() {
        var image = InstallerImage(
            id: "x", product: "", release: "9.2", build: "1", source: "", size: 0, sha256: "",
            importedAt: Timestamp(milliseconds: 0), files: [], modeFile: .init(offset: 0, length: 0))
        #expect(image.agentObstacle == "it was imported by an earlier release of Sprout: import it again")
        image.withoutAgent = "its initrd has no /init"
        #expect(image.agentObstacle == "its initrd has no /init")
        image.withoutAgent = nil
        image.files = [.init(name: "init", size: 1, sha256: "", modified: 0)]
        #expect(image.agentObstacle == nil)
    }
}
