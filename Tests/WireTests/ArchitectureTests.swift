import Testing

@testable import Wire

@Suite struct ArchitectureTests {
    static let programs: [(UInt16, String?)] = [
        (0, "undionly.kpxe"), (1, nil), (6, nil), (7, "snponly.efi"), (8, nil), (9, "snponly.efi"), (10, nil),
        (11, "ipxe-arm64.efi"), (15, nil), (16, "snponly.efi"), (17, nil), (18, nil), (19, "ipxe-arm64.efi"),
        (20, "undionly.kpxe"), (21, nil), (22, "ipxe-arm64.efi"), (23, nil), (24, "ipxe-arm64.efi"), (27, nil),
        (41, nil), (999, nil),
    ]

    @Test(arguments: programs)
    func `each kind of machine has its program, or none`(number: UInt16, expected: String?) {
        #expect(Architecture(rawValue: number).family?.program?.rawValue == expected)
    }

    @Test func `a kind of machine has its name, a new one its number`() {
        #expect("\(Architecture(rawValue: 7))" == "x64 UEFI")
        #expect("\(Architecture(rawValue: 999))" == "architecture 999")
    }
}
