import Model
import Settings
import Testing

/// Every setting that the installer would refuse is refused when the file is read (P5, P20).
@Suite(.timeLimit(.minutes(5))) struct InstallationMistakesTests {
    static let values: [(text: String, message: String)] = [
        ("country: uk", "country: found \"uk\", \(country); did you mean gb?"),
        ("country: DE", "country: found \"DE\", \(country); did you mean de?"),
        ("country: xx", "country: found \"xx\", \(country)"),
        ("country: germany", "country: found \"germany\", \(country)"),
        ("keyboard: us", "keyboard: found \"us\", \(keyboard); did you mean en-us?"),
        ("keyboard: en_us", "keyboard: found \"en_us\", \(keyboard); did you mean en-us?"),
        ("timezone: Berlin", "timezone: found \"Berlin\", \(timezone); did you mean Europe/Berlin?"),
        ("timezone: Europe/Belrin", "timezone: found \"Europe/Belrin\", \(timezone); did you mean Europe/Berlin?"),
        ("timezone: CET", "timezone: found \"CET\", \(timezone)"),
        ("timezone: Mars/Olympus_Mons", "timezone: found \"Mars/Olympus_Mons\", \(timezone)"),
        ("mail: admin", "mail: found \"admin\", \(mail)"),
        ("mail: a b@c", "mail: found \"a b@c\", \(mail)"),
        (
            "mail: mail@example.invalid",
            "mail: found \"mail@example.invalid\", which is a placeholder that the installer refuses (\(mail))"
        ),
        ("domain: .lan", "domain: found \".lan\", \(domain); did you mean lan?"),
        ("domain: lab.-x", "domain: found \"lab.-x\", \(domain)"),
        ("domain: 192.168.1.1", "domain: found \"192.168.1.1\", \(domain)"),
        (
            "zone: UTC",
            "zone: no such key here (allowed: country, keyboard, timezone, mail, domain, live_progress)"
        ),
    ]
    private static let country = "allowed: a country's two letters, such as de"
    private static let keyboard =
        "allowed: de, de-ch, dk, en-gb, en-us, es, fi, fr, fr-be, fr-ca, fr-ch, hu, is, it, jp, lt, mk, nl, no, pl, "
        + "pt, pt-br, se, si or tr"
    private static let timezone = "allowed: a time zone such as Europe/Berlin, or UTC"
    private static let mail = "allowed: a mail address such as admin@example.org"
    private static let domain = "allowed: a domain such as lab.example.org"

    @Test(arguments: values)
    func `what the installer does not know is refused with its place (P5)`(text: String, message: String) {
        do throws(Diagnostics) {
            _ = try Provisioning(parsing: "installation:\n  \(text)\n", file: "p")
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.all.map(\.key) == ["installation." + message.prefix { $0 != ":" }])
            let place = error.all.first.map { "p:2:\($0.column): installation." } ?? ""
            #expect(error.description == place + message)
        }
    }

    @Test func `no country is taken for a boolean`() throws {
        let settings = try Provisioning(parsing: "installation: {country: no, keyboard: no}", file: "p")
        #expect(settings.installation.country.description == "no" && settings.installation.keyboard == .no)
    }
}
