public import Model

/// What the installer of a release does with an answer: its rules, and its own words where it stops.
public struct InstallerRules: Sendable {
    public let release: InstallerRelease

    public init(_ release: InstallerRelease) {
        self.release = release
    }

    /// Reads an answer file: what is wrong with it here stops the installer before anything is fetched.
    public func read(_ text: String) throws(InstallerRefusal) -> InstallerAnswer {
        let root: TOMLTable
        do throws(TOMLDocument.Malformed) {
            root = try TOMLDocument(parsing: text).root
        } catch {
            throw .parsing(error.reason, line: error.line)
        }
        let answer = try answer(root)
        // From 9.2 on what belongs together is looked at only when the installation begins.
        if release < .v9x2 { try checkSelection(answer.disks, .setup) }
        return answer
    }

    /// Checks an answer against the machine, as the installation begins: everything that it is going to do.
    public func plan(
        _ answer: InstallerAnswer, on machine: FakeMachine
    ) throws(InstallerRefusal) -> InstallationPlan {
        if release >= .v9x2 { try checkSelection(answer.disks, .installation) }
        let fqdn = try fqdn(answer.global.fqdn, machine)
        let (port, address) = try management(answer.network, machine)
        try checkPlace(answer.global)
        if release >= .v9x0 { try checkDisks(answer.disks) }
        if release >= .v8x3 { try checkMailAndPassword(answer.global) }
        let names = try portNames(answer.network.pinning, machine)
        let disks = try chosen(answer.disks, machine)
        try checkCount(answer.disks, disks.count)
        return InstallationPlan(
            fqdn: fqdn, disks: disks.map(\.name), filesystem: answer.disks.reportedName,
            size: answer.disks.size ?? disks.first?.gibibytes ?? 0, port: port.mac, address: address, names: names,
            isFixed: answer.network.fixed != nil, powersOff: answer.global.powersOff, webhook: answer.webhook,
            keys: answer.global.keys)
    }

    private func checkPlace(_ global: InstallerAnswer.Global) throws(InstallerRefusal) {
        guard let country = try? Country(global.country), country.description == global.country else {
            throw Self.stop("country code '\(global.country)' is not valid")
        }
        guard (try? Timezone(global.timezone)) != nil else {
            throw Self.stop("timezone '\(global.timezone)' is not valid")
        }
    }

    private func checkMailAndPassword(_ global: InstallerAnswer.Global) throws(InstallerRefusal) {
        guard MailRules.isAddress(global.mail) else {
            throw Self.stop("Email does not look like a valid address (user@domain.tld)")
        }
        if global.mail == "mail@example.invalid" { throw Self.stop("Invalid (default) email address") }
        let plain = "`global.\(field("root-password").name)`"
        let hashed = "`global.\(field("root-password-hashed").name)`"
        switch (global.password, global.hash) {
        case (.some, .some): throw Self.stop("\(plain) and \(hashed) cannot be set at the same time")
        case (nil, nil): throw Self.stop("One of \(plain) or \(hashed) must be set")
        case (let password?, nil) where release >= .v9x0 && password.utf8.count < 8:
            throw Self.stop("\(plain) must be at least 8 characters long")
        default: return
        }
    }

    /// A key with the other spellings that the release takes.
    func field(_ name: String, inEvery: Bool = false) -> AnswerSection.Field {
        let other = String(name.map { $0 == "-" ? "_" : $0 })
        if inEvery || other == name { return .init(name: name) }
        return release.spellsWithHyphens ? .init(name: name, others: [other]) : .init(name: other)
    }

    static func stop(_ message: String) -> InstallerRefusal { InstallerRefusal(.installation, message) }
}

/// What an installer is going to do to its machine.
public struct InstallationPlan: Equatable, Sendable {
    public let fqdn: String
    /// The kernel's names of the disks that are wiped.
    public let disks: [String]
    /// Such as `zfs (RAID1)`.
    public let filesystem: String
    /// How much of each disk is used, in GiB.
    public let size: Double
    /// The port with the address.
    public let port: MACAddress
    /// With the size of its network, such as 192.168.7.11/24.
    public let address: String
    /// What ports are called for good, where they are pinned.
    public let names: [MACAddress: String]
    public let isFixed: Bool
    public let powersOff: Bool
    public let webhook: InstallerAnswer.Webhook?
    /// The lines of root's authorized_keys.
    public let keys: [String]

    /// The name of the host, the first part of its FQDN.
    public var hostname: String { String(fqdn.prefix { $0 != "." }) }
}
