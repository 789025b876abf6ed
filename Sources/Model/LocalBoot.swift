/// How a host that has netbooted goes on to its own disk.
public enum LocalBoot: Hashable, Sendable {
    /// The usual way of its firmware, or the other one since the machine came straight back from that.
    case automatic(isSwitched: Bool)
    /// The program ends, and the firmware goes on with what is next in its boot order.
    case exit
    /// The first disk is started past the firmware's boot order.
    case sanboot
    /// A program on its disk, for UEFI; a BIOS has none, and starts the first disk.
    case file(LoaderFile)

    public static let usual = LocalBoot.automatic(isSwitched: false)

    /// What is done on one kind of firmware.
    public enum Way: Hashable, Sendable {
        case exit
        case sanboot
        case file(LoaderFile)
    }

    /// UEFI goes on with the next boot entry when a program fails; of BIOSes not all do, but all have a first disk.
    public func way(isUEFI: Bool) -> Way {
        switch self {
        case .automatic(let isSwitched): isUEFI != isSwitched ? .exit : .sanboot
        case .exit: .exit
        case .sanboot: .sanboot
        case .file(let file): isUEFI ? .file(file) : .sanboot
        }
    }

    /// The way in a reader's words.
    public var sentence: String {
        switch self {
        case .automatic(isSwitched: false): "chosen by itself: exit on UEFI, sanboot on a BIOS"
        case .automatic(isSwitched: true):
            "chosen by itself: sanboot on UEFI, exit on a BIOS, since it came straight back from the usual way"
        case .exit: "exit: the firmware goes on with its next boot entry"
        case .sanboot: "sanboot: the first disk, past the firmware's boot order"
        case .file(let file): "the program \(file) on it"
        }
    }
}

extension LocalBoot: Codable, CustomStringConvertible {
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public init(_ text: String) throws(Malformed) {
        switch text {
        case "auto": self = .usual
        case "auto:switched": self = .automatic(isSwitched: true)
        case "exit": self = .exit
        case "sanboot": self = .sanboot
        default:
            guard text.hasPrefix("file:") else {
                throw Malformed(
                    description: "\"\(text)\" is no way to boot locally. There are: auto, exit, sanboot, file:PATH.")
            }
            self = .file(try LoaderFile(String(text.dropFirst(5))))
        }
    }

    public var description: String {
        switch self {
        case .automatic(let isSwitched): isSwitched ? "auto:switched" : "auto"
        case .exit: "exit"
        case .sanboot: "sanboot"
        case .file(let file): "file:\(file)"
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try LocalBoot(try container.decode(String.self))
        } catch let error as Malformed {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A UEFI program by its path on a disk, such as `\EFI\proxmox\grubx64.efi`.
public struct LoaderFile: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// The path becomes a word of an iPXE script: it has only characters that mean nothing there.
    public init(_ text: String) throws(LocalBoot.Malformed) {
        func refuse(_ reason: String) -> LocalBoot.Malformed {
            .init(description: "\"\(text)\" cannot be the path of a loader: \(reason), such as \(Self.example).")
        }
        let path = String(text.map { $0 == "/" ? "\\" : $0 })
        guard path.utf8.count <= 127 else { throw refuse("it has more than 127 characters; write a short one") }
        guard path.hasPrefix("\\"), path.lowercased().hasSuffix(".efi") else {
            throw refuse("write it from the root of its disk up to .efi")
        }
        guard path.utf8.allSatisfy(Self.isAllowed) else {
            throw refuse("only letters, digits and . _ - are allowed in its names")
        }
        let names = path.dropFirst().split(separator: "\\", omittingEmptySubsequences: false)
        guard !names.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
            throw refuse("none of its names may be empty, . or ..")
        }
        description = path
    }

    private static let example = "\\EFI\\proxmox\\grubx64.efi"

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "\\._-".utf8.contains(byte)
        }
    }
}
