import Testing

@testable import Model

@Suite struct ImageUploadTests {
    @Test func `P14: an upload is found again by what tells its content from another`() {
        let upload = ImageUpload(name: "x.iso", size: 10, sha256: nil, version: "\"a\"")
        #expect(ImageUpload(name: "x.iso", size: 10, sha256: "00", version: "\"a\"", received: 5).id == upload.id)
        for other in [
            ImageUpload(name: "y.iso", size: 10, sha256: nil, version: "\"a\""),
            ImageUpload(name: "x.iso", size: 11, sha256: nil, version: "\"a\""),
            ImageUpload(name: "x.iso", size: 10, sha256: nil, version: "\"b\""),
            ImageUpload(name: "x.iso", size: 10, sha256: nil),
        ] {
            #expect(other.id != upload.id)
        }
    }
}
