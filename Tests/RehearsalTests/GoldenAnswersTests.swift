import Model
import Testing

@testable import Rehearsal

@Suite(.timeLimit(.minutes(5))) struct GoldenAnswersTests {
    @Test(arguments: InstallerRelease.allCases)
    func `the installer of each release takes every answer that is made for it (P5)`(
        release: InstallerRelease
    ) throws {
        let answers = try Stage.golden(release)
        #expect(answers.count == (release == .v8x2 ? 0 : 21))
        for (name, text) in answers {
            let machine = Stage.machine(for: name)
            let rules = InstallerRules(release)
            let answer = try rules.read(text)
            let plan = try rules.plan(answer, on: machine)
            #expect(plan.fqdn == "pve-01.lab.home.arpa")
            let wanted = machine.disks.map(\.name).filter { $0 != "/dev/sdz" }
            #expect(plan.disks == wanted, "\(release), \(name)")
            #expect(answer.firstBootURL?.contains("/first-boot?token=") == true)
            let webhook = try #require(answer.webhook)
            #expect((webhook.token != nil) == (release >= .v9x2))
            #expect(webhook.url.contains("token=") == (release < .v9x2))
            let isFixed = name.contains("static")
            #expect(plan.address == (isFixed ? "10.20.0.13/24" : machine.lease.address))
            #expect("\(plan.port)" == (isFixed ? "bc:24:11:49:8d:75" : "\(machine.mac)"))
            #expect(plan.names.isEmpty == !(name.contains("pinning") && release >= .v9x1))
            if !plan.names.isEmpty { #expect(plan.names[plan.port] == "mgmt0") }
        }
    }

    @Test func `an answer for one release stops the installer of one that spells its keys otherwise`() throws {
        let new = try #require(try Stage.golden(.v9x2).first).text
        let old = try #require(try Stage.golden(.v8x3).first).text
        let machine = Stage.machine(for: "ext4")
        for release in InstallerRelease.allCases {
            let takesNew = (try? Stage.outcome(new, release, on: machine).get()) != nil
            #expect(takesNew == (release == .v9x2), "\(release)")
            let takesOld = (try? Stage.outcome(old, release, on: machine).get()) != nil
            #expect(takesOld == (release != .v8x2), "\(release)")
        }
    }
}
