public import Model

/// The iPXE script that a machine gets when it netboots: what it shows on its own screen, and what it does then.
///
/// The commands are those that the ipxe package of Debian has: it cannot POST, and knows no signatures.
public struct BootScript: Equatable, Sendable {
    /// Where the machine reached us, such as `http://192.168.1.5`: it may know no names.
    private let server: String
    private let lines: [String]

    private init(_ server: String, _ lines: [String]) {
        self.server = server
        self.lines = lines
    }

    public var text: String {
        (["#!ipxe", "echo", "echo Sprout   \(server)/"] + lines).joined(separator: "\n") + "\n"
    }

    /// A machine that is no host: it says who it is, and starts from its own disk.
    public static func unknown(_ mac: MACAddress, server: String) -> BootScript {
        let report =
            "uuid=${uuid}&serial=${serial:uristring}&manufacturer=${manufacturer:uristring}&product=${product:uristring}"
            + "&arch=${buildarch}&platform=${platform}"
        return BootScript(
            server,
            [
                "echo Machine  \(mac) is not known here. Add it on the page above.",
                "imgfetch --name report \(server)/ipxe/\(mac)/report?\(report) && imgfree report ||",
            ] + localBoot)
    }

    /// A host that nothing is to be done with: it starts from its own disk.
    public static func local(_ host: Host, server: String) -> BootScript {
        BootScript(server, [line(host, host.state.sentence)] + localBoot)
    }

    /// A host whose operation failed: it starts from its own disk too, and its screen says why it was not installed.
    public static func failed(_ host: Host, reason: String, server: String) -> BootScript {
        BootScript(server, [line(host, "failed: \(reason)")] + localBoot)
    }

    /// What the first program asks for before it has asked anything else: it leads to the script of its machine.
    ///
    /// The network is not open yet there, though the firmware's lease is known. A new lease is asked for only if that
    /// fails. The program may have restarted the link: then a switch that looks for loops (STP) forwards nothing for half
    /// a minute, which is longer than iPXE waits by itself.
    public static func autoexec(server: String) -> BootScript {
        BootScript(
            server,
            [
                "set tries:int32 0",
                ":again",
                "inc tries",
                "isset ${net0/ip} && ifopen net0 || dhcp || goto failed",
                "chain --replace --autofree \(server)/ipxe/${netX/mac:hexhyp} ||",
                ":failed",
                "iseq ${tries} \(mostTries) && goto lost ||",
                "echo Not reached yet, try ${tries} of \(mostTries); again in 5 seconds. If this goes on, perhaps the",
                "echo switch port is in STP listening - enable portfast/edge on it.",
                "sleep 5",
                "goto again",
                ":lost",
                "echo \(server)/ was not reached. Is the port in STP listening? Enable portfast/edge on it.",
                "exit 1",
            ])
    }

    /// A try that nobody answers takes iPXE 16 seconds: the last begins after a minute.
    private static let mostTries = 4

    private static func line(_ host: Host, _ sentence: String) -> String {
        "echo Host     \(host.hostname): \(plain(sentence))"
    }

    /// UEFI goes on with the next boot entry when a program fails; a BIOS is told which disk.
    private static let localBoot = [
        "echo Now it starts from its own disk.", "iseq ${platform} efi && exit 1 ||",
        "sanboot --no-describe --drive 0x80 || exit",
    ]

    /// Text from elsewhere as one that iPXE shows and does nothing else with.
    private static func plain(_ text: String) -> String {
        let harmless = text.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || " .,:/_-0123456789".unicodeScalars.contains(scalar))
                ? scalar : " "
        }
        return String(String.UnicodeScalarView(harmless.prefix(150)))
    }
}
