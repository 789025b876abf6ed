import HTTP
import Testing

@Suite struct EntityTagsTests {
    @Test(
        arguments: [
            ("*", nil), ("\"a\"", ["a"]), ("\"a\", W/\"b\"", ["a", "b"]), ("", []), ("a", ["a"]), (" \"a\" ", ["a"]),
        ] as [(String, [String]?)])
    func `tags are read from a list, weak ones too`(field: String, expected: [String]?) {
        #expect(EntityTags.list(field) == expected)
    }

    @Test func `what a client has already is not sent again`() throws {
        for (known, status) in [("\"a\"", 304), ("W/\"a\"", 304), ("*", 304), ("\"b\"", 200)] {
            let request = try Request("GET", "/", headers: ["if-none-match": known])
            #expect(Response.json([], tag: "a", for: request).status == status)
        }
    }
}
