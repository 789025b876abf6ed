/// One thing that a machine was seen to do on its way through netboot, and what it was told.
///
/// A daemon that sees only an address leaves the MAC address to the orchestrator, which knows whose it is.
public struct Sighting: Equatable, Sendable, Codable, Identifiable {
    /// Grows by one with every sighting that is kept; 0 before.
    public var id: Int64 = 0
    public var at: Timestamp
    public var mac: MACAddress?
    public var kind: Kind
    public var daemon: String
    public var details: Details

    public enum Kind: String, CaseIterable, Sendable, Codable {
        /// It asked over DHCP what to boot.
        case asked = "dhcp.asked"
        /// It asked again at port 4011, as UEFI does.
        case askedBootServer = "dhcp.asked_4011"
        /// It took the address that the router offered.
        case tookAddress = "dhcp.took_address"
        /// A host asked for an address only, as an installed system does.
        case askedForAddressOnly = "dhcp.address_only"
        case tftpBegan = "tftp.began"
        case tftpFinished = "tftp.finished"
        case tftpFailed = "tftp.failed"
        case tftpRefused = "tftp.refused"
        /// It loaded a program over HTTP.
        case loadedOverHTTP = "http.loaded"
        case fetchedScript = "http.script"
        /// It loads a file of the installer.
        case loadsInstaller = "http.installer"
        /// It said over HTTP what it is.
        case reported = "http.reported"
    }

    /// Who is at work in the machine.
    public enum Stage: String, Sendable, Codable {
        case firmware
        case firmwareWithHTTP = "firmware_http"
        case ipxe
    }

    public struct Details: Equatable, Sendable, Codable {
        public var stage: Stage?
        /// One attempt of the firmware repeats its number.
        public var transaction: UInt32?
        /// What it was told: the name of a program, to ask port 4011, its script.
        public var offered: String?
        /// Why it was not answered, in the word that the program knows, and in words for a person.
        public var silence: String?
        public var reason: String?
        /// The machine's own address, and that of the server it turned to.
        public var address: String?
        public var server: String?
        public var architecture: Int?
        public var vendorClass: String?
        public var file: String?
        public var size: Int?
        public var acknowledgedBytes: Int?
        public var blockSize: Int?
        public var block: Int?
        public var retransmissions: Int?
        public var roundTripMilliseconds: Double?
        public var milliseconds: Int?

        public init() {}

        /// Whatever a machine sends, no more than a line of it is kept.
        public static func short(_ text: String) -> String { Discovery.Traits.short(text) }

        enum CodingKeys: String, CodingKey {
            case stage, transaction, offered, silence, reason, address, server, architecture, file, size, block
            case retransmissions, milliseconds
            case vendorClass = "vendor_class"
            case acknowledgedBytes = "acknowledged_bytes"
            case blockSize = "block_size"
            case roundTripMilliseconds = "round_trip_ms"
        }
    }

    public init(
        _ kind: Kind, of mac: MACAddress?, at moment: Timestamp, by daemon: String,
        _ fill: (inout Details) -> Void = { _ in }
    ) {
        (self.kind, self.mac, at, self.daemon) = (kind, mac, moment, daemon)
        details = Details()
        fill(&details)
    }
}

extension Sighting: CustomStringConvertible {
    /// What happened, in a reader's words, without the machine's name.
    public var description: String {
        switch kind {
        case .asked: "asked what to boot (\(asker)) and \(answer)"
        case .askedBootServer: "asked port 4011 and \(answer)"
        case .tookAddress: "takes the address \(details.address ?? "") from \(details.server ?? "a DHCP server")"
        case .askedForAddressOnly: "asked for an address only, as an installed system does"
        case .tftpBegan: "loads \(file) over TFTP, \(details.size ?? 0) bytes in blocks of \(details.blockSize ?? 0)"
        case .tftpFinished: "has \(file): \(details.size ?? 0) bytes in \(details.milliseconds ?? 0) ms\(again)"
        case .tftpFailed: "did not get \(file): \(details.reason ?? "")\(again)"
        case .tftpRefused: "was refused \(file): \(details.reason ?? "")"
        case .loadedOverHTTP: "loaded \(file) over HTTP"
        case .loadsInstaller: "loads \(installerFile)"
        case .fetchedScript: "fetched its script\(details.offered.map { ": \($0)" } ?? "")"
        case .reported: "told what it is"
        }
    }

    private var file: String { details.file ?? "a file" }

    private var installerFile: String {
        switch details.file {
        case "vmlinuz": "the installer's kernel"
        case "initrd.img": "the installer's initrd"
        case "body": "the installer's ISO"
        case "tail": "the end of the ISO, which is its own"
        case "agent": "the agent that goes beside the installer"
        default: "a file of the installer"
        }
    }

    private var asker: String {
        let class_ = details.vendorClass.map { ", \($0)" } ?? ""
        let who = details.stage == .ipxe ? "iPXE, " : ""
        return "\(who)\(Firmware.name(details.architecture))\(class_)"
    }

    private var answer: String {
        if let offered = details.offered { return "was \(offered)\(details.server.map { " by \($0)" } ?? "")" }
        return "is not answered: \(details.reason ?? "")"
    }

    private var again: String {
        guard let count = details.retransmissions, count > 0 else { return "" }
        return ", \(count) packets sent again"
    }
}

/// What option 93 of DHCP says a machine's firmware is, in a reader's words.
public enum Firmware {
    public static func name(_ architecture: Int?) -> String {
        switch architecture {
        case 0, 20: "BIOS"
        case 6, 15: "32-bit UEFI"
        case 7, 9, 16: "UEFI"
        case 11, 19: "ARM64 UEFI"
        case 41: "Raspberry Pi"
        case let number?: "architecture \(number)"
        case nil: "an unknown machine"
        }
    }
}
