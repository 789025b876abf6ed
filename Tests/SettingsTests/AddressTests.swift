import Testing

@testable import Settings

@Suite(.timeLimit(.minutes(5))) struct AddressTests {
    static let hosts: [(text: String, isValid: Bool)] = [
        ("pve1", true), ("pve1.lan", true), ("1password.com", true), ("192.168.1.1", true), ("a-b", true),
        ("::", true), ("::1", true), ("fd00::", true), ("fd00::1:2", true), ("1:2:3:4:5:6:7:8", true),
        ("", false), ("-a", false), ("a-", false), ("a..b", false), ("a_b", false), ("pve 1", false), (".", false),
        ("192.168.1", false), ("192.168.1.256", false), ("192.168.01.1", false), ("1.2.3.4.5", false),
        (":::", false), ("1::2::3", false), ("1:2:3:4:5:6:7", false), ("12345::", false), (":1", false), ("1:", false),
        ("1:2:3:4:5:6:7::8", false), ("fe80::1%eth0", false), ("ä", false),
        (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
    ]

    @Test(arguments: hosts)
    func `names and addresses are told from other text`(text: String, isValid: Bool) {
        #expect(HostName.isValid(text[...]) == isValid)
    }

    static let urls: [(text: String, normalized: String?)] = [
        ("http://a", "http://a"), ("HTTPS://A.B/", "https://a.b"), ("http://a:8080/x?y=z", "http://a:8080/x?y=z"),
        ("http://[fd00::1]:80", "http://[fd00::1]:80"), ("http://a?b", "http://a?b"),
        ("http://", nil), ("http:///x", nil), ("http://a:0", nil), ("http://a:65536", nil), ("http://a:", nil),
        ("http://a:+1", nil), ("http://u@a", nil), ("http://a#b", nil), ("http://a b", nil), ("http://[a]", nil),
        ("http://[::1", nil), ("http://[::1]x", nil), ("ftp://a", nil), ("a", nil), ("http://ä", nil),
        ("http://fd00::1", nil),
    ]

    @Test(arguments: urls)
    func `a URL is read, written the usual way, or refused`(text: String, normalized: String?) {
        #expect(WebAddress(text)?.description == normalized)
    }

    @Test func `a URL has its parts`() throws {
        let url = try #require(WebAddress("https://[fd00::1]:8443/api/?x"))
        #expect(url.scheme == .https && url.host == "fd00::1" && url.port == 8443 && url.target == "/api/?x")
        #expect(url.origin == "https://[fd00::1]:8443" && url.hasQuery)
    }

    static let networks: [(text: String, isValid: Bool)] = [
        ("192.168.1.0/24", true), ("10.0.0.0/8", true), ("10.0.0.4/30", true),
        ("10.0.0.1/8", false), ("0.0.0.0/0", false), ("10.0.0.0/31", false), ("10.0.0.0/", false), ("10.0.0.0", false),
        ("10.0.0.0/8/8", false), ("10.0.0.0/08", false), ("fd00::/64", false),
    ]

    @Test(arguments: networks)
    func `a network has no host bits`(text: String, isValid: Bool) {
        #expect(IPv4Network(text)?.description == (isValid ? text : nil))
    }

    static let guesses: [(text: String, word: String?)] = [
        ("enabled", "enabled"), ("enabeld", "enabled"), ("enable", "enabled"), ("ENABLED", "enabled"),
        ("node", "existing_node"), ("existingNode", "existing_node"), ("existing-node", "existing_node"),
        ("on", nil), ("", nil), (String(repeating: "e", count: 5000), nil),
    ]

    @Test(arguments: guesses)
    func `the word that was meant is guessed only when it is near`(text: String, word: String?) {
        #expect(Spelling.nearest(to: text, in: ["enabled", "existing_node"]) == word)
    }
}
