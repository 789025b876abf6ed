/// A line of what an installer wrote, or of what the agent beside it saw.
public struct InstallerLine: Equatable, Sendable, Codable {
    /// Which of the installer's logs it is from.
    public enum Source: String, CaseIterable, Sendable, Codable {
        case agent, fetch, auto, low
    }

    /// Counted from 1 in each operation, without a gap when it arrives; long logs are thinned later.
    public var number: Int64
    public var at: Timestamp
    public var source: Source
    public var text: String

    public init(number: Int64, at: Timestamp, source: Source, text: String) {
        (self.number, self.at, self.source, self.text) = (number, at, source, text)
    }
}

/// What the agent in an installer sends at once: lines that follow each other, counted since the machine was started.
///
/// It knows no time of day: how long ago a line was written is told by how long the machine ran then, and runs now.
public struct InstallerBatch: Equatable, Sendable, Codable {
    public struct Line: Equatable, Sendable, Codable {
        /// For how many milliseconds the machine had been running.
        public var uptime: Int64
        public var source: InstallerLine.Source
        public var text: String

        public init(uptime: Int64, source: InstallerLine.Source, text: String) {
            (self.uptime, self.source, self.text) = (uptime, source, text)
        }
    }

    /// Which start of the machine it is.
    public var run: String
    public var first: Int64
    /// For how many milliseconds the machine has been running.
    public var uptime: Int64
    public var lines: [Line]

    public init(run: String, first: Int64, uptime: Int64, lines: [Line]) {
        (self.run, self.first, self.uptime, self.lines) = (run, first, uptime, lines)
    }

    /// Why what was sent is no such batch, as a sentence.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public static let mostLines = 500
    /// A longer line is cut.
    public static let longestLine = 1000

    /// Reads what an agent sends: whoever sends it has a token, and is believed nothing else.
    public init(run: String?, first: String?, uptime: String?, body: [UInt8]) throws(Malformed) {
        guard let run, run.utf8.count == 16, run.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            throw Malformed(description: "run is no 16 hexadecimal digits.")
        }
        guard let first = first.flatMap({ Int64($0) }), (1...1_000_000_000).contains(first) else {
            throw Malformed(description: "first is no number of a line, from 1 on.")
        }
        guard let uptime = uptime.flatMap({ Int64($0) }), (0...Self.longestUptime).contains(uptime) else {
            throw Malformed(description: "up is no number of seconds since the machine was started.")
        }
        (self.run, self.first, self.uptime) = (run.lowercased(), first, uptime * 1000)
        let parts = body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        guard parts.count <= Self.mostLines else {
            throw Malformed(description: "more than \(Self.mostLines) lines are too many at once.")
        }
        lines = []
        for part in parts { lines.append(try Self.line(String(decoding: part, as: UTF8.self))) }
    }

    private static func line(_ text: String) throws(Malformed) -> Line {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, let seconds = Double(words[0]), (0...Double(longestUptime)).contains(seconds),
            let source = InstallerLine.Source(rawValue: String(words[1]))
        else { throw Malformed(description: "a line is its time in seconds, where it is from, and its text.") }
        return Line(uptime: Int64(seconds * 1000), source: source, text: plain(words[2]))
    }

    /// What steers a terminal, or hides from a reader, is shown as a blank.
    private static func plain(_ text: Substring) -> String {
        var scalars = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            let isHidden = [.control, .format, .lineSeparator, .paragraphSeparator].contains(
                scalar.properties.generalCategory)
            bytes += UTF8.width(scalar)
            if bytes > longestLine { break }
            scalars.append(isHidden ? " " : scalar)
        }
        return String(scalars)
    }

    /// A year, in seconds.
    private static let longestUptime: Int64 = 31_536_000
}

/// What the agent beside an installer can be told to do: no controller is needed for it, and no person at the machine.
public struct InstallerOrder: Equatable, Sendable, Codable {
    public enum Verb: String, Sendable, Codable {
        case reboot
        case powerOff = "power-off"
        case logs
    }

    public var id: Int64
    public var verb: Verb

    public init(id: Int64, verb: Verb) { (self.id, self.verb) = (id, verb) }

    /// An agent says something every ten seconds: one that has been silent for longer is gone.
    public static let longestSilence: Duration = .seconds(25)
}

/// How far an installer is, by what it has written.
public struct InstallerProgress: Equatable, Sendable, Codable {
    /// Of the whole installation, as the installer reckons it.
    public var percent: Double?
    /// What it does, in its own words where it has some.
    public var doing: String?
    /// The latest that it called an error.
    public var problem: String?
    /// The latest that any of its logs had.
    public var lastWords: String?
    /// It ended, and the machine did not start again.
    public var hasStopped = false
    /// The disks that the machine has, by the properties of udev; nil until all are told.
    public var disks: [MachineDisk]?
    /// What lies on them, of those that anything lies on.
    public var contents: [DiskContents]?
    /// Known where all was told from the first line on.
    public var pace: InstallerPace?
    private var properties: [String: [String: String]]?
    private var parts: [String: DiskContents.Told]?

    public init() {}

    public mutating func take(_ line: InstallerBatch.Line) {
        pace?.take(line)
        if line.source == .agent { return takeWords(ofAgent: line.text) }
        if !line.text.allSatisfy(\.isWhitespace) { lastWords = line.text }
        if let error = Self.rest(of: line.text, after: "ERROR: ") { problem = error }
        guard let share = InstallerShare(line) else { return }
        percent = share.percent
        if !share.words.isEmpty { doing = share.words }
    }

    private mutating func takeWords(ofAgent text: String) {
        if text == "stopped" { return hasStopped = true }
        if text.hasPrefix("disk") { return takeDisk(text) }
        if text.hasPrefix("part ") { return takePart(text) }
        for (words, meaning) in Self.meanings where text.hasPrefix(words) { doing = meaning }
    }

    /// Lines such as `disk sda ID_SERIAL_SHORT S-1`, one for each property; the last of all is `disks told`.
    private mutating func takeDisk(_ text: String) {
        if text == "disks told" {
            let known = (properties ?? [:]).sorted { $0.key < $1.key }
            disks = known.map { MachineDisk(properties: $0.value) }
            contents = known.map { name, properties in
                DiskContents(disk: MachineDisk(properties: properties), told: parts?[name] ?? [:])
            }.filter { !$0.parts.isEmpty }
            return (properties, parts) = (nil, nil)
        }
        let words = text.split(separator: " ", maxSplits: 3)
        guard words.count == 4, words[0] == "disk" else { return }
        let name = String(words[1])
        var known = properties ?? [:]
        guard known[name] != nil || known.count < Self.mostDisks else { return }
        known[name, default: ["DEVNAME": "/dev/\(name)"]][String(words[2])] = String(words[3])
        if known[name].map({ $0.count <= 16 }) == true { properties = known }
    }

    /// Lines such as `part sda sda1 ID_FS_TYPE ntfs`, after those of the disk.
    private mutating func takePart(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 4)
        guard words.count == 5, properties?[String(words[1])] != nil else { return }
        var known = parts?[String(words[1])] ?? [:]
        let part = String(words[2])
        guard known[part] != nil || known.count < Self.mostParts, (known[part]?.count ?? 0) < 8 else { return }
        known[part, default: [:]][String(words[3])] = String(words[4])
        parts = (parts ?? [:]).merging([String(words[1]): known]) { $1 }
    }

    private static let mostDisks = 64
    private static let mostParts = 32

    private static let meanings = [
        ("started ", "the installer starts"),
        ("network ", "the network is up"),
        ("program proxmox-fetch-answer began", "it fetches its answer"),
        ("program proxmox-auto-installer began", "it reads its answer"),
        ("program proxmox-low-level-installer began", "it installs"),
        ("program proxmox-post-hook began", "it reports that it is done"),
    ]

    private static func rest(of text: String, after words: String) -> String? {
        guard text.hasPrefix(words) else { return nil }
        let rest = text.dropFirst(words.count).drop { $0 == " " }
        return rest.isEmpty ? nil : String(rest)
    }

    /// As it is shown on a tile: `42 %: unpacking base system`.
    public var sentence: String? {
        guard let percent else { return doing }
        return "\(Int(percent)) %\(doing.map { ": \($0)" } ?? "")"
    }

    /// For how long it may write nothing: longer once it writes to the disk, where a step takes as long as the disk does.
    public var longestQuiet: Duration { percent == nil ? .seconds(5 * 60) : .seconds(15 * 60) }

    /// Why it stopped, as far as it said, as the end of a sentence.
    public var reasonOfStop: String {
        let words = (problem ?? lastWords).map { $0.hasSuffix(".") ? $0 : "\($0)." }
        return words.map { "its installer stopped: \($0)" }
            ?? "its installer stopped, and wrote nothing. Read what its screen says."
    }
}

/// What is known of the installer of an operation.
public struct InstallerReport: Equatable, Sendable, Codable {
    public var operation: String
    public var host: String
    public var progress: InstallerProgress
    /// When the agent in it was heard last.
    public var heardAt: Timestamp
    /// How many lines it has sent.
    public var lines: Int64
    /// Grows with everything that is heard of any installer.
    public var revision: Int64

    public init(
        operation: String, host: String, progress: InstallerProgress, heardAt: Timestamp, lines: Int64, revision: Int64
    ) {
        (self.operation, self.host, self.progress) = (operation, host, progress)
        (self.heardAt, self.lines, self.revision) = (heardAt, lines, revision)
    }

    enum CodingKeys: String, CodingKey {
        case operation, host, progress, lines, revision
        case heardAt = "heard_at"
    }
}
