import Testing

@testable import Model

@Suite struct LocalBootTests {
    @Test(arguments: ["auto", "auto:switched", "exit", "sanboot", "file:\\EFI\\proxmox\\grubx64.efi"])
    func `each way is read as it is written`(text: String) throws {
        #expect(try LocalBoot(text).description == text)
    }

    @Test func `a path may be written with slashes`() throws {
        #expect(try LocalBoot("file:/EFI/BOOT/BOOTX64.EFI").description == "file:\\EFI\\BOOT\\BOOTX64.EFI")
    }

    static let refused = [
        ("", "There are: auto, exit"), ("Exit", "There are"), ("file", "There are"), ("file:", "from the root"),
        ("file:EFI\\x.efi", "from the root"), ("file:\\EFI\\x", "up to .efi"),
        ("file:\\E FI\\x.efi", "letters, digits"),
        ("file:\\${x}.efi", "letters, digits"), ("file:\\a\n.efi", "letters, digits"),
        ("file:\\é.efi", "letters, digits"),
        ("file:\\..\\x.efi", ".."), ("file:\\\\x.efi", "empty"), ("file:\\a|b&c.efi", "letters, digits"),
        ("file:\\" + String(repeating: "a", count: 123) + ".efi", "127"),
    ]

    @Test(arguments: refused)
    func `what is no way is refused with what there is`(text: String, reason: String) {
        let error = #expect(throws: LocalBoot.Malformed.self) { try LocalBoot(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func `the automatic way is one per firmware, and switched the other one`() {
        #expect(LocalBoot.usual.way(isUEFI: true) == .exit)
        #expect(LocalBoot.usual.way(isUEFI: false) == .sanboot)
        #expect(LocalBoot.automatic(isSwitched: true).way(isUEFI: true) == .sanboot)
        #expect(LocalBoot.automatic(isSwitched: true).way(isUEFI: false) == .exit)
    }
}
