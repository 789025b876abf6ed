/// What the box is to do with itself: asked for by sprout-orchestrator, carried out by sprout-system, which is root's.
public struct BoxWish: Codable, Equatable, Sendable {
    public enum Act: String, Codable, Sendable {
        case restart, update
        case factoryReset = "factory-reset"
        case powerOff = "power-off"
        case setClock = "set-clock"
    }

    public let id: String
    public let act: Act
    /// Of a factory reset: what was imported stays.
    public var keepsImages: Bool?
    /// Of an update: to a version that did not start before, all the same.
    public var again: Bool?
    /// Of the clock: what it is to show less the time since this machine was started, in milliseconds.
    public var startedAt: Int64?

    public init(id: String, act: Act, keepsImages: Bool? = nil, again: Bool? = nil, startedAt: Int64? = nil) {
        (self.id, self.act, self.keepsImages, self.again) = (id, act, keepsImages, again)
        self.startedAt = startedAt
    }

    enum CodingKeys: String, CodingKey {
        case id, act, again
        case startedAt = "started_at"
        case keepsImages = "keep_images"
    }
}

/// How far sprout-system is with a wish.
public struct BoxProgress: Codable, Equatable, Sendable {
    public var wish: String
    public var act: BoxWish.Act
    /// What it does, as a sentence without an end: "writing the new version".
    public var step: String
    public var done: Int64
    public var total: Int64
    /// Why it was not done.
    public var problem: String?

    public init(wish: String, act: BoxWish.Act, step: String, done: Int64 = 0, total: Int64 = 0, problem: String? = nil)
    {
        (self.wish, self.act, self.step) = (wish, act, step)
        (self.done, self.total, self.problem) = (done, total, problem)
    }
}

/// What is known of the versions of this box, from one start to the next.
///
/// Only sprout-system writes it.
public struct BoxHistory: Codable, Equatable, Sendable {
    /// A version that was written and has not proved itself yet.
    public var trial: Trial?
    /// How the last update ended.
    public var last: Ended?
    /// Versions that did not start here.
    public var bad: [BadVersion]

    public init(trial: Trial? = nil, last: Ended? = nil, bad: [BadVersion] = []) {
        (self.trial, self.last, self.bad) = (trial, last, bad)
    }

    public struct Trial: Codable, Equatable, Sendable {
        public let wish: String
        public let version: String
        public let from: String
        /// Whether it can be started: before, a power cut only leaves the old one.
        public var isWritten: Bool
        /// What did not answer when it had started.
        public var problem: String?

        public init(wish: String, version: String, from: String, isWritten: Bool = false) {
            (self.wish, self.version, self.from, self.isWritten) = (wish, version, from, isWritten)
        }

        enum CodingKeys: String, CodingKey {
            case wish, version, from, problem
            case isWritten = "written"
        }
    }

    public struct Ended: Codable, Equatable, Sendable {
        public let wish: String
        public let version: String
        public let from: String
        public let at: Timestamp
        /// Why the box runs the version from before; nil where it runs the new one.
        public let problem: String?

        public init(wish: String, version: String, from: String, at: Timestamp, problem: String?) {
            (self.wish, self.version, self.from) = (wish, version, from)
            (self.at, self.problem) = (at, problem)
        }
    }

    public struct BadVersion: Codable, Equatable, Sendable {
        public let version: String
        public let at: Timestamp
        public let problem: String

        public init(version: String, at: Timestamp, problem: String) {
            (self.version, self.at, self.problem) = (version, at, problem)
        }
    }

    /// What follows from which version runs now, once it has been found to answer.
    public mutating func settle(running: String, at moment: Timestamp) {
        guard let trial else { return }
        self.trial = nil
        var problem: String?
        if trial.version == running {
            bad.removeAll { $0.version == running }
        } else if !trial.isWritten {
            problem = "The box lost its power, or was restarted, before \(trial.version) was written: begin again."
        } else {
            let reason = trial.problem ?? "it did not come as far as telling why"
            problem = "\(trial.version) was started three times, and did not work: \(reason)."
            bad.removeAll { $0.version == trial.version }
            bad.append(BadVersion(version: trial.version, at: moment, problem: reason))
        }
        last = Ended(wish: trial.wish, version: trial.version, from: trial.from, at: moment, problem: problem)
    }
}

/// How the box itself is, as `GET /api/box` tells.
public struct BoxReport: Codable, Equatable, Sendable {
    public var version: String
    /// Why it cannot be updated, restarted or reset from here; nil where it can.
    public var obstacle: String?
    /// A version that was brought, and can be installed.
    public var arrived: Arrived?
    public var progress: BoxProgress?
    public var last: BoxHistory.Ended?
    public var bad: [BoxHistory.BadVersion]

    public init(
        version: String, obstacle: String? = nil, arrived: Arrived? = nil, progress: BoxProgress? = nil,
        last: BoxHistory.Ended? = nil, bad: [BoxHistory.BadVersion] = []
    ) {
        (self.version, self.obstacle, self.arrived) = (version, obstacle, arrived)
        (self.progress, self.last, self.bad) = (progress, last, bad)
    }

    public struct Arrived: Codable, Equatable, Sendable {
        public let version: String
        public let size: Int64

        public init(version: String, size: Int64) {
            (self.version, self.size) = (version, size)
        }
    }

    /// What a person types before everything is erased.
    public static let eraseWords = "erase sprout"
}
