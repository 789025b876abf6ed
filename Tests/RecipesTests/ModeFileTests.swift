import Testing

@testable import Recipes

@Suite struct ModeFileTests {
    static let server = "http://192.168.1.5"

    @Test func `from 9.2 on the token has a key of its own`() {
        let mode = ModeFile(server: Self.server, token: "TOKEN", release: "9.2")
        #expect(
            mode.text == """
                mode = "http"
                partition_label = "proxmox-ais"

                [http]
                url = "http://192.168.1.5/api/boot/answer"
                token = "TOKEN"

                """)
    }

    @Test(arguments: ["8.3", "8.4", "9.0", "9.1"])
    func `older installers have it in the URL`(release: String) {
        let mode = ModeFile(server: Self.server, token: "TOKEN", release: release)
        #expect(mode.text.hasSuffix("url = \"http://192.168.1.5/api/boot/answer?token=TOKEN\"\n"))
    }

    @Test func `a comment fills the room that the ISO has for it`() throws {
        let mode = ModeFile(server: Self.server, token: "TOKEN", release: "9.2")
        let bytes = try #require(mode.bytes(length: 4096))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(bytes.count == 4096)
        #expect(text.hasPrefix(mode.text + "###") && text.hasSuffix("###\n"))
        #expect(mode.bytes(length: mode.text.utf8.count + 2)?.count == mode.text.utf8.count + 2)
        #expect(mode.bytes(length: mode.text.utf8.count + 1) == nil)
    }
}
