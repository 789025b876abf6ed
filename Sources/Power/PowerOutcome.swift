public import Fetch

/// Whether a host has power, as far as anybody knows.
public enum PowerState: String, Sendable, Codable { case on, off, unknown }

/// What became of a wish to switch a host.
public struct PowerOutcome: Equatable, Sendable {
    public enum Effect: String, Sendable, Codable {
        /// The controller has taken it, or says that it is so already.
        case done
        /// It was sent, and nobody says whether anything came of it: the host has to show it.
        case sent
        /// Nothing was done: a person has to do what the sentence says.
        case byHand
    }

    public let effect: Effect
    /// What happened, or what a person has to do.
    public let sentence: String
    /// The certificate that the controller showed, by which it is to be known the next time.
    public let certificate: Fingerprint?

    init(_ step: Step, _ certificate: Fingerprint?) {
        (effect, sentence, self.certificate) = (step.effect, step.sentence, certificate)
    }
}

/// An outcome before it is known who showed what.
struct Step: Equatable, Sendable {
    let effect: PowerOutcome.Effect
    let sentence: String

    static func done(_ sentence: String) -> Step { Step(effect: .done, sentence: sentence) }
    static func sent(_ sentence: String) -> Step { Step(effect: .sent, sentence: sentence) }
    static func byHand(_ sentence: String) -> Step { Step(effect: .byHand, sentence: sentence) }
}

/// Why a host was not switched, and what to do, as sentences; nothing secret is in them.
public struct PowerFailed: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
    /// Whether the same may well succeed later.
    public let isPassing: Bool
    /// What the controller showed instead of the certificate that is known.
    public let changedCertificate: Fingerprint?

    init(_ failure: String, _ obstacle: Obstacle) {
        let place = obstacle.place.map { " by \($0)" } ?? ""
        description = "\(failure)\(place): \(obstacle.fact). \(obstacle.remedy)."
        (isPassing, changedCertificate) = (obstacle.isPassing, obstacle.changedCertificate)
    }
}

/// What is in the way: where, the fact, and what removes it.
struct Obstacle: Error, Equatable {
    var place: String?
    var fact: String
    var remedy: String
    var isPassing = false
    var changedCertificate: Fingerprint?

    init(_ fact: String, _ remedy: String, at place: WebURL? = nil, isPassing: Bool = false) {
        (self.place, self.fact, self.remedy, self.isPassing) = (place?.description, fact, remedy, isPassing)
    }

    init(_ failed: ExchangeFailed) {
        self.init(failed.fact, failed.remedy, at: failed.url, isPassing: failed.isPassing)
        changedCertificate = failed.changedCertificate
    }

    static let brokenOff = Obstacle("it was no longer waited for", "Try again", isPassing: true)
}
