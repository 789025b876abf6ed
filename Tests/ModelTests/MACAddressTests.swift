import Testing

@testable import Model

@Suite struct MACAddressTests {
    static let spellings = [
        "52:54:00:ab:cd:ef", "52:54:00:AB:CD:EF", "52-54-00-ab-CD-ef", "5254.00ab.cdef", "525400ABCDEF",
        "  52:54:00:ab:cd:ef\n",
    ]

    @Test(arguments: spellings)
    func `P1: every spelling in use is the same address`(text: String) throws {
        #expect(try MACAddress(text).description == "52:54:00:ab:cd:ef")
    }

    static let malformed: [(String, String)] = [
        ("", "write six pairs"), ("52:54:00:ab:cd", "write six pairs"), ("52:54:00:ab:cd:ef:01", "write six pairs"),
        ("52:54-00:ab:cd:ef", "write six pairs"), ("52:54:00:ab:cd:eg", "write six pairs"),
        ("525:40:0a:bc:de:f1", "write six pairs"), ("52 54 00 ab cd ef", "write six pairs"),
        (":52:54:00:ab:cd:ef", "write six pairs"), ("52::54:00:ab:cd:ef", "write six pairs"),
        ("５2:54:00:ab:cd:ef", "write six pairs"), ("00:00:00:00:00:00", "zero"), ("ff:ff:ff:ff:ff:ff", "multicast"),
        ("01:00:5e:00:00:01", "multicast"), ("33:33:00:00:00:01", "multicast"),
    ]

    @Test(arguments: malformed)
    func `P1: what is no machine's address is refused with the reason`(text: String, reason: String) {
        let error = #expect(throws: MACAddress.Malformed.self) { try MACAddress(text) }
        #expect(error?.reason.contains(reason) == true)
        #expect(error?.description.contains("\"\(text)\"") == true)
    }

    @Test func `P1: the bytes of a message make the same address, unless no machine has it`() throws {
        #expect(MACAddress(bytes: [0x52, 0x54, 0, 0xab, 0xcd, 0xef]) == (try MACAddress("52:54:00:ab:cd:ef")))
        for bytes: [UInt8] in [
            [0, 0, 0, 0, 0, 0], [255, 255, 255, 255, 255, 255], [1, 0, 0x5e, 0, 0, 1], [0x33, 0x33, 0, 0, 0, 1],
            [2, 0, 0, 0, 1], [2, 0, 0, 0, 0, 0, 1],
        ] { #expect(MACAddress(bytes: bytes) == nil) }
    }

    @Test func `P1: locally administered addresses are fine`() throws {
        #expect(try MACAddress("02:00:00:00:00:01").description == "02:00:00:00:00:01")
    }
}

@Suite struct HostnameTests {
    @Test(arguments: ["pve", "PVE-ms-01", "a", "1a", String(repeating: "x", count: 63), " pve "])
    func `P1: names that Proxmox takes are taken, in lower case`(text: String) throws {
        #expect(try Hostname(text).description == text.lowercased().trimmedOfSpaces)
    }

    @Test(arguments: [
        "", "-a", "a-", "123", "a_b", "a.b", "a b", "pvé", "localhost", String(repeating: "x", count: 64), "<b>",
        "a\nb",
    ])
    func `P1: names that Proxmox would refuse are refused`(text: String) {
        #expect(throws: Hostname.Malformed.self) { try Hostname(text) }
    }
}

@Suite struct TimestampTests {
    static let moments: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (1_795_200_012_345, "2026-11-20T18:40:12.345Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ]

    @Test(arguments: moments)
    func `a moment is written and read as RFC 3339 has it`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-20", "2026-13-20T18:40:12.345Z", "2026-02-30T18:40:12.345Z", "2026-11-20T25:40:12.345Z",
    ])
    func `what is no moment is none`(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
