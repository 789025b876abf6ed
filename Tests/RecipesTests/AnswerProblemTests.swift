import Model
import Testing

@testable import Recipes

@Suite struct AnswerProblemTests {
    private func problems(_ release: InstallerRelease = .v9x2, _ change: (inout AnswerPlan) throws -> Void) throws
        -> [String]
    {
        var plan = try AnswerSample.plan(release)
        try change(&plan)
        do throws(AnswerProblems) {
            _ = try Answer(plan)
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    @Test func `8.2 is refused, which takes passwords in plain text and tells nobody when it is done (P19)`() throws {
        let expected =
            "release: \"8.2\" takes the root password in plain text only, tells nobody when it is done, and runs "
            + "nothing at the first start: install 8.3 or newer."
        #expect(try problems(.v8x2) { _ in } == [expected])
    }

    @Test func `without a hash nothing is installed (P19)`() throws {
        let expected =
            "credentials.root_password_hash: there is none, and a password in plain text is never sent: make a hash "
            + "with mkpasswd -m yescrypt."
        #expect(try problems { $0.rootPasswordHash = nil } == [expected])
    }

    static let networks: [(address: String, gateway: String, dns: String, problem: String)] = [
        (
            "10.20.0.13/24", "10.20.1.1", "1.1.1.1",
            "gateway: \"10.20.1.1\" does not lie in the network of 10.20.0.13/24, so the host could not reach it."
        ),
        (
            "10.20.0.13/24", "10.20.0.13", "1.1.1.1",
            "address: \"10.20.0.13/24\" is the gateway's: give the host another one."
        ),
        (
            "10.20.0.13/24", "router", "1.1.1.1",
            "gateway: \"router\" is no IPv4 address: write your router's, such as 10.20.0.1."
        ),
        (
            "10.20.0.13/24", "10.20.0.1", "1.1.1.1, 9.9.9.9",
            "dns: \"1.1.1.1, 9.9.9.9\" is no IPv4 address, and there is exactly one: write one such as 10.20.0.1."
        ),
    ]

    @Test(arguments: networks)
    func `an address that could not work is refused (P5)`(
        network: (address: String, gateway: String, dns: String, problem: String)
    ) throws {
        let found = try problems {
            $0.network = .fixed(
                try HostAddress(network.address), gateway: network.gateway, dns: network.dns,
                port: try MACAddress("bc:24:11:49:8d:75"))
        }
        #expect(found == [network.problem])
    }

    static let names: [(name: String, sentence: String)] = [
        ("x", "has not 2 to 15 characters: take a name such as mgmt0."),
        ("averylongname_16", "has not 2 to 15 characters: take a name such as mgmt0."),
        ("0mgmt", "has more in it than letters, digits and _ after a letter: take one such as mgmt0."),
        ("mgmt-0", "has more in it than letters, digits and _ after a letter: take one such as mgmt0."),
        ("nic3", "is what the installer calls the other ports: take another word, such as mgmt0."),
    ]

    @Test(arguments: names)
    func `a name of a port that the installer would refuse is refused (P20)`(name: String, sentence: String) throws {
        let port = try MACAddress("bc:24:11:49:8d:75")
        #expect(try problems { $0.portNames = [port: name] } == ["port name: \"\(name)\" \(sentence)"])
    }

    @Test func `two ports with one name are refused, two names are taken (P20)`() throws {
        let (one, other) = (try MACAddress("bc:24:11:49:8d:75"), try MACAddress("bc:24:11:49:8d:76"))
        #expect(
            try problems { $0.portNames = [one: "lan0", other: "lan0"] }
                == ["port name: \"lan0\" is given to two ports: each needs its own."])
        #expect(try problems { $0.portNames = [one: "lan0", other: "lan1"] } == [])
    }

    static let callbacks: [(field: String, change: @Sendable (inout AnswerPlan.Callbacks) -> Void)] = [
        ("webhook URL", { $0.installed = "ftp://a" }),
        ("webhook URL", { $0.installed = "http://a/b c" }),
        ("webhook URL", { $0.installed = "http://u:p@a/" }),
        ("first-boot URL", { $0.firstBoot = "http://a/\"\n[global]" }),
        ("first-boot URL", { $0.firstBoot = "http://a/" + String(repeating: "x", count: 1000) }),
        ("token", { $0.token = "short" }),
        ("token", { $0.token = String(repeating: "&", count: 20) }),
        ("certificate fingerprint", { $0.certificateFingerprint = "AB:CD" }),
    ]

    @Test(arguments: callbacks.indices)
    func `what the installer could not call is refused (P5)`(index: Int) throws {
        let (field, change) = Self.callbacks[index]
        let found = try problems { change(&$0.callbacks) }
        #expect(found.count == 1 && found.first?.hasPrefix("\(field): ") == true)
        #expect(!found.contains { $0.contains(AnswerSample.token) || $0.contains("&&&") })
    }

    @Test func `what is no public key is refused, and is not repeated`() throws {
        for key in [
            "-----BEGIN OPENSSH PRIVATE KEY-----", "ssh-ed25519", "ssh-ed25519 AAAA", AnswerSample.key + "\nroot",
            "from=\"*\" " + AnswerSample.key,
        ] {
            let expected =
                "public key: this is no public key of SSH: take the line of a file such as id_ed25519.pub."
            #expect(try problems { $0.publicKeys = [key] } == [expected])
        }
    }

    @Test func `too much swap space is refused, and all problems are told at once`() throws {
        let found = try problems {
            var lvm = Filesystem.LVM()
            (lvm.hdsize, lvm.swapsize) = (32, 16.5)
            $0.filesystem = .ext4(lvm)
            $0.rootPasswordHash = nil
            $0.bootDisk = .paths(["/dev/sda", "/dev/sdb"])
        }
        let fields = found.map { String($0.prefix { $0 != ":" }) }
        #expect(fields == ["credentials.root_password_hash", "filesystem.swapsize", "boot_disk"])
    }

    @Test func `what a release cannot do is told`() throws {
        var plan = try AnswerSample.plan(.v9x0)
        plan.network = try AnswerSample.fixed()
        #expect(try Answer(plan).cautions == [])
        plan.portNames = [try MACAddress("bc:24:11:49:8d:75"): AnswerPlan.managementPortName]
        let answer = try Answer(plan)
        #expect(!answer.text.contains("pinning") && answer.cautions.count == 1)
        plan.release = .v9x1
        #expect(try Answer(plan).cautions == [])
        var lvm = Filesystem.LVM()
        lvm.swapsize = 8
        plan.filesystem = .ext4(lvm)
        #expect(try Answer(plan).cautions.first?.hasPrefix("The installer stops where swapsize") == true)
        plan.setZFS(.raid1, "/dev/sda", "/dev/sdb", "/dev/sdc")
        #expect(try Answer(plan).cautions.first?.hasSuffix("which should have 3.") == true)
    }
}
