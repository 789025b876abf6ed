import Testing

@testable import Model

/// What one machine did, told as a list of steps with their seconds.
struct Told {
    static let began = Timestamp(milliseconds: 1_795_200_000_000)
    var sightings: [Sighting] = []

    static func moment(_ seconds: Double) -> Timestamp {
        Timestamp(milliseconds: began.milliseconds + Int64(seconds * 1000))
    }

    func then(
        _ kind: Sighting.Kind, _ seconds: Double, _ fill: (inout Sighting.Details) -> Void = { _ in }
    ) -> Told {
        var told = self
        var sighting = Sighting(kind, of: nil, at: Self.moment(seconds), by: "a test", fill)
        sighting.id = Int64(sightings.count + 1)
        told.sightings.append(sighting)
        return told
    }

    func asked(_ seconds: Double, _ transaction: UInt32 = 1, _ offered: String? = "told to ask port 4011") -> Told {
        then(.asked, seconds) { details in
            details.stage = .firmware
            details.architecture = 7
            details.transaction = transaction
            details.offered = offered
            details.server = "192.168.1.5"
        }
    }

    func ipxe(_ seconds: Double) -> Told {
        then(.asked, seconds) { details in
            (details.stage, details.offered) = (.ipxe, "offered its script")
        }
    }

    func tookAddress(_ seconds: Double) -> Told {
        then(.tookAddress, seconds) { ($0.server, $0.address) = ("192.168.1.1", "192.168.1.77") }
    }

    func bootServer(_ seconds: Double) -> Told {
        then(.askedBootServer, seconds) { $0.offered = "offered snponly.efi" }
    }

    func loaded(_ file: String, _ seconds: Double) -> Told {
        then(.tftpBegan, seconds) { $0.file = file }.then(.tftpFinished, seconds + 0.5) { $0.file = file }
    }

    func refusal(_ silence: String) -> Told {
        then(.asked, 0) { details in
            (details.stage, details.silence, details.reason) = (.firmware, silence, "because")
        }
    }

    func verdict(at seconds: Double, others: [String] = []) -> Verdict? {
        VerdictRules(for: "pve-1", at: Self.moment(seconds), in: NetworkView(bootServers: others)).verdict(
            on: sightings)
    }
}

@Suite struct VerdictTests {
    let uefi = Told().asked(0).tookAddress(4).bootServer(4.1)

    @Test func `a machine that gets on has no verdict at any moment`() {
        let whole = uefi.loaded("snponly.efi", 5).loaded("autoexec.ipxe", 9).then(.fetchedScript, 10)
        for count in 1...whole.sightings.count {
            let told = Told(sightings: Array(whole.sightings.prefix(count)))
            let next = count < whole.sightings.count ? whole.sightings[count].at : Told.moment(300)
            let verdict = VerdictRules(for: "pve-1", at: next).verdict(on: told.sightings)
            #expect(verdict == nil, "after \(count) steps: \(verdict?.sentence ?? "")")
        }
    }

    @Test func `E4: two questions, an address, and nothing of ours is told within 15 seconds`() throws {
        let told = Told().asked(0).asked(4).tookAddress(4.5)
        #expect(told.verdict(at: 8) == nil)
        let verdict = try #require(told.verdict(at: 12))
        #expect(verdict.kind == .offerIgnored)
        #expect(verdict.kind.isHelpedByRouter)
        #expect(
            verdict.sentence
                == "pve-1 asked twice what to boot and was told each time, but took only the address from 192.168.1.1:"
                + " its firmware ignores boot servers beside the router (proxyDHCP).")
    }

    @Test func `E4: firmware that takes no address at all is told to look at the router, too`() throws {
        let verdict = try #require(Told().asked(0).asked(4).asked(12).verdict(at: 14.5))
        #expect(verdict.kind == .offerIgnored)
        #expect(verdict.sentence.contains("3 times"))
        #expect(verdict.remedy.contains("look at the router's DHCP server"))
    }

    @Test func `E4: a machine that was switched off after its first question is none`() {
        #expect(Told().asked(0).verdict(at: 60) == nil)
    }

    @Test func `E5: with another boot server on the network, that one is named`() throws {
        let told = Told().asked(0).tookAddress(4)
        let verdict = try #require(told.verdict(at: 12, others: ["192.168.1.9 (aa:bb:cc:00:00:01)"]))
        #expect(verdict.kind == .otherBootServer)
        #expect(verdict.sentence.contains("192.168.1.9 (aa:bb:cc:00:00:01)"))
    }

    @Test func `port 4011 that is answered in vain is a firewall's work`() throws {
        let told = uefi.bootServer(5.2).bootServer(7.6)
        #expect(told.verdict(at: 8) == nil)
        let verdict = try #require(told.verdict(at: 11))
        #expect(verdict.kind == .bootServerStalled)
        #expect(verdict.sentence.contains("port 4011 3 times"))
    }

    @Test func `E7: a download that stalled names block, size and round trip`() throws {
        let told = uefi.then(.tftpBegan, 5) { $0.file = "snponly.efi" }.then(.tftpFailed, 36) { details in
            (details.file, details.size, details.blockSize, details.block) = ("snponly.efi", 284_672, 1468, 12)
            (details.retransmissions, details.roundTripMilliseconds) = (5, 3.14159)
        }
        let verdict = try #require(told.verdict(at: 36.1))
        #expect(verdict.kind == .tftpStalled)
        #expect(
            verdict.sentence
                == "pve-1 got snponly.efi only up to block 12 of 194, in blocks of 1468 bytes, round trip 3.1 ms,"
                + " 5 packets sent again.")
        #expect(uefi.then(.tftpFailed, 6) { $0.file = "snponly.efi" }.loaded("snponly.efi", 8).verdict(at: 9) == nil)
    }

    @Test func `E7: a download of which nothing arrived is told so`() throws {
        let told = uefi.then(.tftpFailed, 20) { ($0.file, $0.block) = ("snponly.efi", 0) }
        #expect(try #require(told.verdict(at: 21)).sentence.contains("nothing that was sent reached it"))
    }

    @Test func `a file that nobody here has comes from another server's options`() throws {
        let told = Told().asked(0).tookAddress(1).then(.tftpRefused, 2) { $0.file = "pxelinux.0" }
        #expect(told.verdict(at: 3) == nil)
        let verdict = try #require(told.verdict(at: 6))
        #expect(verdict.kind == .wrongFile)
        #expect(verdict.sentence == "pve-1 asks for pxelinux.0, which is not here.")
    }

    @Test func `E6: a program that was taken and never ran is told within 60 seconds, with the other one`() throws {
        let told = uefi.loaded("snponly.efi", 5)
        #expect(told.verdict(at: 50) == nil)
        let verdict = try #require(told.verdict(at: 51))
        #expect(verdict.kind == .programSilent)
        #expect(verdict.sentence.contains("Secure Boot refuses it, or its network driver hangs"))
        #expect(verdict.remedy.contains("--netboot-program ipxe"))
        let other = uefi.loaded("ipxe-amd64.efi", 5).verdict(at: 60)
        #expect(try #require(other).remedy.contains("--netboot-program snponly"))
    }

    @Test func `E6: firmware that begins anew at once has refused it`() throws {
        let verdict = try #require(uefi.loaded("snponly.efi", 5).asked(9, 2).verdict(at: 9.5))
        #expect(verdict.kind == .programSilent)
        #expect(verdict.sentence.contains("began anew without running it"))
    }

    @Test func `E6: a BIOS knows no Secure Boot`() throws {
        var told = Told().loaded("undionly.kpxe", 5)
        told.sightings[0].details.architecture = 0
        let verdict = try #require(told.verdict(at: 60))
        #expect(!verdict.sentence.contains("Secure Boot"))
    }

    @Test func `E26: iPXE that hears nothing more sits behind a port that listens first`() throws {
        let told = uefi.loaded("snponly.efi", 5).loaded("autoexec.ipxe", 9)
        #expect(told.verdict(at: 25) == nil)
        let verdict = try #require(told.verdict(at: 30))
        #expect(verdict.kind == .scriptNotFetched)
        #expect(verdict.remedy.contains("portfast, or edge"))
        let bios = Told().asked(0).loaded("undionly.kpxe", 5).ipxe(8)
        #expect(bios.verdict(at: 29)?.kind == .scriptNotFetched)
    }

    static let silences: [(String, Verdict.Kind?, String)] = [
        ("looping", .looping, "again and again"), ("raspberry_pi", .notServed, "Raspberry Pi"),
        ("no_program", .notServed, "no netboot program"), ("no_room", .notServed, "because"),
        ("no_address", .noAddress, "has no address"), ("stranger", nil, ""),
    ]

    @Test(arguments: silences)
    func `a machine that is not answered is told why`(silence: String, kind: Verdict.Kind?, words: String) {
        let verdict = Told().refusal(silence).verdict(at: 1)
        #expect(verdict?.kind == kind)
        #expect(verdict?.sentence.contains(words) ?? (kind == nil))
    }

    @Test func `what was wrong an hour ago says nothing of now`() {
        let told = uefi.loaded("snponly.efi", 5).asked(3600, 9).tookAddress(3604).bootServer(3604.1)
        #expect(told.verdict(at: 3605) == nil)
    }
}

@Suite struct WaitingTests {
    let mac: MACAddress
    let rules: (Double) -> WaitingRules

    init() throws {
        let mac = try MACAddress("aa:bb:cc:00:00:3e")
        let host = AwaitedHost(hostname: try Hostname("pve-1"), mac: mac, since: Told.began)
        self.mac = mac
        rules = { WaitingRules(for: host, at: Told.moment($0)) }
    }

    @Test func `E1: after 90 seconds without a word there are three likely causes`() throws {
        #expect(rules(89).verdict(on: [], strangers: [], uuids: []) == nil)
        let verdict = try #require(rules(90).verdict(on: [], strangers: [], uuids: []))
        #expect(verdict.kind == .nothingHeard)
        #expect(verdict.sentence == "Nothing was heard of pve-1 (aa:bb:cc:00:00:3e) for a minute.")
        for cause in ["network boot first", "VLAN", "MAC address right"] { #expect(verdict.remedy.contains(cause)) }
        let earlier = Told().asked(-200).sightings
        #expect(rules(90).verdict(on: earlier, strangers: [], uuids: []) != nil, "what came before counts for nothing")
        #expect(rules(90).verdict(on: Told().asked(20).sightings, strangers: [], uuids: []) == nil)
    }

    @Test func `E1: with network boot off nobody could have been heard, which is said first`() throws {
        let host = AwaitedHost(hostname: try Hostname("pve-1"), mac: mac, since: Told.began)
        let rules = WaitingRules(for: host, at: Told.moment(90), isNetbootOn: false)
        let remedy = try #require(rules.verdict(on: [], strangers: [], uuids: [])).remedy
        #expect(remedy.hasPrefix("Network boot is off, so no machine is answered or seen"))
    }

    @Test func `E1: a host that started from its disk is told so at once`() throws {
        let told = Told().then(.askedForAddressOnly, 30)
        #expect(try #require(rules(31).verdict(on: told.sightings, strangers: [], uuids: [])).kind == .startedFromDisk)
    }

    static let near: [(String, Bool)] = [
        ("aa:bb:cc:00:00:3f", true), ("aa:bb:cc:00:00:ee", true), ("aa:bb:cd:00:00:3f", true),
        ("aa:bb:cc:00:00:41", true), ("aa:bb:cc:00:11:1e", false), ("52:54:00:12:34:56", false),
        ("aa:bb:cc:00:00:3e", false),
    ]

    @Test(arguments: near)
    func `E2: one or two wrong digits, or the next port, is a near miss`(text: String, isNear: Bool) throws {
        let other = try MACAddress(text)
        #expect(mac.isNear(other) == isNear)
        let stranger = WaitingRules.Stranger(mac: other, uuid: nil, lastSeen: Told.moment(2))
        let verdict = rules(3).verdict(on: [], strangers: [stranger], uuids: [])
        #expect(verdict?.candidate == (isNear ? other : nil))
        if isNear { #expect(verdict?.sentence == "\(other) is netbooting: did you mean pve-1 (aa:bb:cc:00:00:3e)?") }
    }

    @Test func `E2: another port of the same box is known by its UUID, however far its address`() throws {
        let other = try MACAddress("52:54:00:12:34:56")
        let stranger = WaitingRules.Stranger(mac: other, uuid: "u", lastSeen: Told.moment(2))
        let verdict = try #require(rules(3).verdict(on: [], strangers: [stranger], uuids: ["u"]))
        #expect(verdict.candidate == other)
        #expect(verdict.sentence.contains("which says it is the same machine"))
        let old = WaitingRules.Stranger(mac: other, uuid: "u", lastSeen: Told.moment(-200))
        #expect(rules(3).verdict(on: [], strangers: [old], uuids: ["u"]) == nil)
    }
}

@Suite struct IdentityTests {
    @Test func `E3: what boards were never given identifies nothing`() {
        for uuid in [
            "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "03000200-0400-0500-0006-000700080009", "nonsense",
        ] {
            #expect(Identity(uuid: uuid, serial: "To be filled by O.E.M.").isEmpty, "\(uuid)")
        }
        #expect(Identity(uuid: nil, serial: "Default string").isEmpty)
        #expect(Identity(uuid: nil, serial: "S-1").serial == "S-1")
    }

    @Test func `E3: firmware that swaps the first fields of its UUID is the same machine`() {
        let one = Identity(uuid: "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7", serial: nil)
        #expect(one == Identity(uuid: "2B1A4D56-4D3C-6F5E-7081-92A3B4C5D6E7", serial: nil))
    }

    @Test func `E3: two machines differ only in what both say`() {
        let one = Identity(uuid: "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7", serial: "S-A")
        #expect(one.agrees(with: Identity(uuid: nil, serial: "S-A")))
        #expect(one.agrees(with: Identity(uuid: one.uuid, serial: nil)))
        #expect(!one.agrees(with: Identity(uuid: one.uuid, serial: "S-B")))
    }
}
