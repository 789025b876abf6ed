import Model
import Testing

@Suite struct InstallationValueTests {
    static let countries: [(text: String, message: String)] = [
        ("uk", "\"uk\" is no country's code: you mean gb."),
        ("xx", "\"xx\" is no country's code: write its two letters, such as de."),
        ("", "\"\" is no country's code: write its two letters, such as de."),
    ]

    @Test(arguments: countries)
    func `an unknown country is refused (P5)`(text: String, message: String) throws {
        let problem = #expect(throws: AnswerProblem.self) { try Country(text) }
        #expect(problem?.description == "installation.country: " + message)
        #expect(try Country("AT").description == "at")
    }

    @Test func `time zones are those that every release has (P5)`() throws {
        for name in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Europe/Kyiv"] {
            #expect(try Timezone(name).description == name)
        }
        for name in ["utc", "CET", "Etc/UTC", "Europe/Kiev", "America/Coyhaique", "", "Europe/Berlin\n"] {
            #expect(throws: AnswerProblem.self) { try Timezone(name) }
        }
        #expect(Timezone.all.count == 418)
    }

    @Test func `mail addresses are those of HTML forms, without the installer's placeholder (P5)`() throws {
        for text in ["root@lab.home.arpa", "a@b", "o'brien+x@example.org"] {
            #expect(try MailAddress(text).description == text)
        }
        let long = String(repeating: "a", count: 64)
        for text in ["", "a", "@b", "a@", "a@b@c", "a@-b", "a@b-", "a@b..c", "a b@c", "ä@b", "a@\(long)", "a\n@b"] {
            #expect(throws: AnswerProblem.self) { try MailAddress(text) }
        }
        let problem = #expect(throws: AnswerProblem.self) { try MailAddress("Mail@example.invalid") }
        #expect(problem?.sentence == "is the installer's own placeholder, which it refuses: write your address.")
    }

    @Test func `a domain leaves room for any host's name (P5)`() throws {
        #expect(try DomainName("Lab.Example.org").description == "lab.example.org")
        let labels = Array(repeating: String(repeating: "a", count: 62), count: 3).joined(separator: ".")
        #expect(try DomainName(labels).description.utf8.count == 188)
        for text in ["", ".", "lan.", ".lan", "a..b", "-a", "a_b", "10.0.0.1", labels + ".aa", "lan\n"] {
            #expect(throws: AnswerProblem.self) { try DomainName(text) }
        }
    }

    static let addresses: [(text: String, sentence: String)] = [
        ("10.20.0.13", "has no size of a network after it, from /8 to /30: write it as 10.20.0.13/24."),
        ("10.20.0.13/32", "has no size of a network after it, from /8 to /30: write it as 10.20.0.13/24."),
        ("10.20.0.13/024", "has no size of a network after it, from /8 to /30: write it as 10.20.0.13/24."),
        ("10.20.0.0/24", "is the first or the last address of its network, which no host can have: take one between."),
        (
            "10.20.0.255/24",
            "is the first or the last address of its network, which no host can have: take one between."
        ),
        ("10.20.0.300/24", "is no IPv4 address with the size of its network: write it as 10.20.0.13/24."),
        ("10.20.0.1/24/24", "is no IPv4 address with the size of its network: write it as 10.20.0.13/24."),
        ("fd00::1/64", "is no IPv4 address with the size of its network: write it as 10.20.0.13/24."),
    ]

    @Test(arguments: addresses)
    func `an address without its network, or of no host, is refused (P5)`(text: String, sentence: String) throws {
        let problem = #expect(throws: AnswerProblem.self) { try HostAddress(text) }
        #expect(problem == AnswerProblem("address", text, sentence))
        #expect(try HostAddress("10.20.0.13/24").description == "10.20.0.13/24")
    }

    static let passwords: [(text: String, malformed: PasswordHash.Malformed)] = [
        ("hunter2", .plain), ("$ecret", .plain), ("", .plain), ("$1$salt$abcdefghijklmnopqrstuv", .otherKind),
        ("$6$salt$short", .damaged),
    ]

    @Test(arguments: passwords)
    func `what is no hash is refused, and is neither repeated nor printed (P19)`(
        text: String, malformed: PasswordHash.Malformed
    ) throws {
        #expect(throws: malformed) { try PasswordHash(text) }
        #expect(text.isEmpty || !"\(malformed)".contains(text))
        let hash = try PasswordHash("$6$salt$" + String(repeating: "x", count: 86))
        #expect("\(hash)" == "(hidden)" && !String(reflecting: [hash]).contains("xxx"))
    }
}
