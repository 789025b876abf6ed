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
            ] + LocalStart(.usual).lines)
    }

    /// A host that nothing is to be done with: it starts from its own disk.
    public static func local(_ host: Host, server: String) -> BootScript {
        BootScript(server, [line(host, host.state.sentence)] + LocalStart(host.localBoot).lines)
    }

    /// A host whose operation failed: it starts from its own disk too, and its screen says why it was not installed.
    public static func failed(_ host: Host, reason: String, server: String) -> BootScript {
        BootScript(server, [line(host, "failed: \(reason)")] + LocalStart(host.localBoot).lines)
    }

    /// A host whose memory is to be known: it asks for its script again, and tells its memory by that.
    public static func memoryQuestion(_ host: Host, mac: MACAddress, server: String) -> BootScript {
        BootScript(
            server,
            [
                line(host, host.state.isUnderWay ? "to be installed" : host.state.sentence),
                "chain --replace --autofree \(server)/ipxe/\(mac)?\(MemoryAnswer.query) ||",
            ] + LocalStart(host.localBoot).lines)
    }

    /// A host that is installed now: it loads the kernel and what the kernel needs, and starts it.
    ///
    /// On UEFI iPXE puts the name of the kernel before its words, and the installer keeps what it does not know: it leaves
    /// out BOOT_IMAGE. The ISO comes in two parts, which iPXE lays end to end; the second is the operation's own. Only words that the
    /// installer knows, or leaves out itself, are on the kernel's line: any other would stay on the installed system's.
    ///
    /// What brings the agent comes last, so that its /init is the one that counts; without it the machine is installed as well.
    public static func install(
        _ host: Host, _ image: InstallerImage, token: String, server: String, hasAgent: Bool
    ) -> BootScript {
        func file(_ name: String) -> String { "\(server)/boot/\(name)?token=\(token)" }
        let words = "ramdisk_size=16777216 rw quiet splash=silent proxmox-start-auto-installer"
        let agent =
            hasAgent && image.agentObstacle == nil ? ["initrd --name agent \(file("agent")) ||"] : []
        return BootScript(
            server,
            [
                line(host, "installs \(image.product) \(image.release)-\(image.build)"),
                "set file kernel",
                "kernel --name BOOT_IMAGE=vmlinuz \(file("vmlinuz")) \(words) || goto lost",
                "set file initrd",
                "initrd --name initrd.img \(file("initrd.img")) || goto lost",
                "set file ISO",
                "initrd --name body \(file("body")) || goto lost",
                "initrd --name tail \(file("tail")) || goto lost",
            ] + agent + [
                "boot ||",
                "set file start",
                ":lost",
                "imgfree",
                "echo This machine did not get the installer (${file}): it says so to Sprout, and starts from its own disk.",
                "imgfetch --name report \(file("lost"))&file=${file} && imgfree report ||",
            ] + LocalStart(host.localBoot).lines)
    }

    /// A host that is to be installed once a person has said so: it asks again until then.
    public static func held(_ host: Host, mac: MACAddress, server: String) -> BootScript {
        BootScript(
            server,
            [
                line(host, "\(NetworkChange.reason)"),
                "echo Say on the page above whether it is to be installed. It asks again every 10 seconds.",
                "sleep 10",
                "chain --replace --autofree \(server)/ipxe/\(mac)?\(MemoryAnswer.query) ||",
            ] + LocalStart(host.localBoot).lines)
    }

    /// What somebody sees who looks at the script of a host that is to be installed: the true one has a secret in it.
    public static func secret(_ host: Host, server: String) -> BootScript {
        BootScript(
            server,
            [line(host, "to be installed; its script is made for the machine itself")]
                + LocalStart(host.localBoot).lines)
    }

    /// A host that was to be installed, on which that cannot be done.
    public static func tooLittleMemory(
        _ host: Host, _ memory: MachineMemory, needed: MachineMemory, server: String
    ) -> BootScript {
        BootScript(
            server,
            [
                line(host, "cannot be installed"),
                "echo This machine has \(memory.mebibytes) MiB of memory; installing Proxmox VE needs "
                    + "\(needed.mebibytes).",
            ] + LocalStart(host.localBoot).lines)
    }

    /// A host whose MAC address two machines claim: nobody knows which of them this is, so it is left alone.
    public static func contested(_ host: Host, server: String) -> BootScript {
        BootScript(
            server,
            [line(host, "two machines claim this MAC address; say on the page above which it is")]
                + LocalStart(host.localBoot).lines)
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

    /// Text from elsewhere as one that iPXE shows and does nothing else with.
    private static func plain(_ text: String) -> String {
        let harmless = text.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || " .,:/_-0123456789".unicodeScalars.contains(scalar))
                ? scalar : " "
        }
        return String(String.UnicodeScalarView(harmless.prefix(150)))
    }
}
