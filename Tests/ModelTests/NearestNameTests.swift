import Model
import Testing

@Suite struct NearestNameTests {
    static let names = ["mac", "macs", "hostname", "server_type"]

    @Test(arguments: [
        ("server_typ", "server_type"), ("Hostname", "hostname"), ("mcs", "macs"), ("hosntame", "hostname"),
        ("rack", nil), ("", nil), (String(repeating: "m", count: 5000), nil),
    ])
    func `a name is guessed where one is near`(text: String, expected: String?) {
        #expect(text.nearest(of: Self.names) == expected)
    }
}
