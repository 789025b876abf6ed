import Testing

@testable import Fetch

@Suite struct PublishedChecksumTests {
    static let sum = String(repeating: "a1", count: 32)
    static let other = String(repeating: "b2", count: 32)

    static let texts: [(String, Bool, String?)] = [
        ("\(other)  y.iso\n\(sum)  x.iso\n", false, sum), ("\(sum) *x.iso\r\n", false, sum),
        ("\(sum.uppercased())  x.iso", false, sum), ("\(sum)\n", true, sum), ("\(sum)", false, nil),
        ("\(sum)  X.iso\n\(sum)  x.iso.asc\n\(sum)  a/x.iso\n\(sum)   x.iso\n\(sum) x.iso", false, nil),
        ("\(sum.dropLast())  x.iso", false, nil), ("\(sum)a", true, nil), ("<html>\(sum)  x.iso", false, nil),
        ("", true, nil), ("\(other)  y.iso", true, nil),
    ]

    @Test(arguments: texts)
    func `P14: a checksum counts for the very name that it stands beside`(text: String, isAlone: Bool, sum: String?) {
        #expect(PublishedChecksum.sum(of: "x.iso", in: text, isAlone: isAlone) == sum)
    }

    @Test func `P14: the file's own checksum is looked for before the folder's`() async throws {
        let url = try #require(WebURL("http://a/iso/x.iso?t"))
        let texts = ["http://a/iso/x.iso.sha256": Self.sum, "http://a/iso/SHA256SUMS": "\(Self.other)  x.iso"]
        let own = await PublishedChecksum(of: url) { texts[$0.text] }
        #expect(own?.sha256 == Self.sum)
        let folders = await PublishedChecksum(of: url) { $0.fileName == "SHA256SUMS" ? texts[$0.text] : "not found" }
        #expect(folders?.sha256 == Self.other)
        #expect(await PublishedChecksum(of: url) { _ in nil } == nil)
    }

    @Test func `a checksum that came without TLS is told to be no better than the file`() async throws {
        for (scheme, isDoubted) in [("http", true), ("https", false)] {
            let url = try #require(WebURL("\(scheme)://a/x.iso"))
            let found = try #require(await PublishedChecksum(of: url) { _ in Self.sum })
            #expect(found.sentence.contains("fetched without TLS") == isDoubted)
            #expect(PublishedChecksum.absence(of: url).contains("fetched without TLS") == isDoubted)
        }
    }
}
