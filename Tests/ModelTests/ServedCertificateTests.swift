import Model
import Testing

@Suite struct ServedCertificateTests {
    @Test(arguments: [(30 * 86_400, 30), (30 * 86_400 - 1, 29), (1, 0), (0, 0), (-1, -1)])
    func `the days that are left are counted as long as they are whole`(seconds: Int, days: Int) {
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let certificate = ServedCertificate(
            fingerprint: "AB", names: ["a"], issuer: "a", validUntil: now + .seconds(seconds), isOwn: true)
        #expect(certificate.daysLeft(at: now) == days)
    }
}
