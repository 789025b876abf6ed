internal import Crypto
public import Linux
public import Model

/// A new version of the appliance in one file: a head of lines, signed with Ed25519, and the parts that it names.
///
///     sprout update 1
///     version 1.2.0
///     part root 93827072 SHA-256
///     part vmlinuz …
///     signature HEXADECIMAL
///
/// The signature is of all lines before it. The parts follow in their order, without anything between.
public struct UpdateBundle: Equatable, Sendable {
    public let version: ReleaseNumber
    public let parts: [Part]
    /// The length of the head.
    let start: Int64

    public struct Part: Equatable, Sendable {
        public let name: Name
        public let size: Int64
        public let sha256: String
    }

    public enum Name: String, CaseIterable, Sendable { case root, vmlinuz, initrd, microcode, entry }

    public var size: Int64 { start + parts.reduce(0) { $0 + $1.size } }

    /// Opens a bundle that one of these keys has signed.
    public init(_ path: String, trusting keys: [[UInt8]]) throws(UpdateProblem) {
        let length: Int64
        let head: [UInt8]
        do throws(Errno) {
            length = Int64(try File(path).size)
            var bytes: [UInt8] = []
            let file = try FileDescriptor(reading: path)
            while bytes.count < Self.longestHead, try file.read(into: &bytes, upTo: Self.longestHead - bytes.count) > 0
            {}
            head = bytes
        } catch {
            throw UpdateProblem("it cannot be read: \(error)")
        }
        try self.init(head: head, trusting: keys)
        guard length == size else { throw UpdateProblem("it has \(length) bytes instead of \(size): bring it again") }
    }

    init(head bytes: [UInt8], trusting keys: [[UInt8]]) throws(UpdateProblem) {
        guard bytes.starts(with: Self.magic) else {
            let isNewer = bytes.starts(with: Array("sprout update ".utf8))
            throw UpdateProblem(
                isNewer ? "it is of a later kind: update to a version in between first" : "it is no update of Sprout")
        }
        var (lines, signed, rest) = ([Substring](), 0, bytes[...])
        var signature: [UInt8]?
        while signature == nil {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw Self.damaged }
            let line = Substring(String(decoding: rest[..<end], as: UTF8.self))
            if line.hasPrefix("signature ") {
                signed = rest.startIndex
                signature = [UInt8](hexadecimal: line.dropFirst(10)) ?? []
            } else {
                lines.append(line)
            }
            rest = rest[(end + 1)...]
        }
        start = Int64(rest.startIndex)
        let message = Array(bytes[..<signed])
        guard let signature, signature.count == 64,
            keys.contains(where: { $0.count == 32 && SigningKey.verify(signature, of: message, publicKey: $0) })
        else {
            throw UpdateProblem(
                "it is not signed by whoever made the version that runs here: take it from where that came from")
        }
        (version, parts) = try Self.read(lines.dropFirst())
    }

    /// Only what is signed gets here.
    private static func read(_ lines: ArraySlice<Substring>) throws(UpdateProblem) -> (ReleaseNumber, [Part]) {
        guard let first = lines.first, first.hasPrefix("version "),
            let version = ReleaseNumber(String(first.dropFirst(8)))
        else { throw damaged }
        var parts: [Part] = []
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            guard words.count == 4, words[0] == "part", let name = Name(rawValue: String(words[1])),
                let size = Int64(words[2]), (0...largestPart).contains(size), words[3].count == 64
            else { throw damaged }
            parts.append(Part(name: name, size: size, sha256: String(words[3])))
        }
        guard parts.map(\.name) == Name.allCases else { throw damaged }
        return (version, parts)
    }

    /// Gives the bytes of a part, a piece at a time; at its end they are what was signed, or this throws.
    public func read(
        _ name: Name, from path: String, pieces: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        var place = start
        for part in parts {
            guard part.name == name else {
                place += part.size
                continue
            }
            let file = try FileDescriptor(reading: path)
            try file.seek(to: place)
            guard try Self.hash(file, part.size, pieces) == part.sha256 else {
                throw UpdateProblem("its part \(name.rawValue) is not what was signed: bring it again")
            }
        }
    }

    /// Makes sure that what was written can be read again.
    public func verify(_ name: Name, in file: borrowing FileDescriptor) throws {
        for part in parts where part.name == name {
            try file.seek(to: 0)
            guard try Self.hash(file, part.size, { _ in }) == part.sha256 else {
                throw UpdateProblem("the disk does not hold what was written to it: it is worn out, or broken")
            }
        }
    }

    private static func hash(
        _ file: borrowing FileDescriptor, _ size: Int64, _ pieces: (ArraySlice<UInt8>) throws -> Void
    ) throws -> String {
        let digest = RunningDigest()
        var rest = size
        while rest > 0 {
            var piece: [UInt8] = []
            guard try file.read(into: &piece, upTo: Int(min(rest, 1 << 20))) > 0 else { throw damaged }
            digest.add(piece)
            try pieces(piece[...])
            rest -= Int64(piece.count)
        }
        return digest.sha256.hexadecimal
    }

    private static let magic = Array("sprout update 1\n".utf8)
    private static let damaged = UpdateProblem("it is damaged: bring it again")
    static let longestHead = 4096
    private static let largestPart: Int64 = 2 << 30
}

/// Why an update is not installed, as the end of a sentence.
public struct UpdateProblem: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// Whose updates this box takes: files of one public key each, in hexadecimal.
public enum UpdateKeys {
    public static let folder = "/usr/share/sprout/update-keys"

    public static func trusted(in folder: String = folder) -> [[UInt8]] {
        Files.names(in: folder).compactMap { name in
            (try? Files.text("\(folder)/\(name)")).flatMap { [UInt8](hexadecimal: $0.filter { !$0.isWhitespace }) }
        }
    }
}
