import Testing

@testable import Fetch

@Suite struct WebURLTests {
    static let names: [(String, String, String)] = [
        ("http://a/iso/x.iso", "x.iso", "http://a/iso/SHA256SUMS"),
        ("HTTPS://a/x.iso?t=/1#f", "x.iso", "https://a/SHA256SUMS"),
        ("http://[::1]:80/x.iso", "x.iso", "http://[::1]:80/SHA256SUMS"),
        ("http://a/iso/", "", "http://a/iso/SHA256SUMS"),
        ("http://u:p@a/i/x.iso", "x.iso", "http://a/i/SHA256SUMS"),
    ]

    @Test(arguments: names)
    func `the file's name is the last part of the path`(text: String, name: String, sums: String) throws {
        let url = try #require(WebURL(text))
        #expect(url.fileName == name)
        #expect(url.beside("SHA256SUMS").description == sums)
    }

    static let others = [
        "x.iso", "/http://a", "ftp://a/x", "http:/a", "http://", "http:///x", "http://a b", "http://a\n", "",
    ]

    @Test(arguments: others)
    func `what is no such address is refused`(text: String) {
        #expect(WebURL(text) == nil)
    }

    @Test func `a password and a query are sent, but not shown`() throws {
        let url = try #require(WebURL("https://somebody:secret@a:1/i/x.iso?token=secret#f"))
        #expect(url.text == "https://somebody:secret@a:1/i/x.iso?token=secret")
        #expect(url.description == "https://a:1/i/x.iso")
        #expect(url.appending(".sha256").text == "https://somebody:secret@a:1/i/x.iso.sha256")
    }

    @Test func `an address without a path is its own folder`() throws {
        let url = try #require(WebURL("http://a?t"))
        #expect((url.fileName, url.text) == ("", "http://a/?t"))
        #expect(url.beside("SHA256SUMS").text == "http://a/SHA256SUMS")
    }
}
