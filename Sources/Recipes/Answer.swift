public import Model

/// The file that tells Proxmox VE's installer everything, in the words of the release that asks.
///
/// Whatever the installer would refuse is refused here, before a machine is sent to it: it has no way to tell anybody,
/// and stops for ever.
public struct Answer: Equatable, Sendable {
    /// TOML, with the hash of the root password and the operation's token in it.
    public let text: String
    /// The same for people to see: the hash, the token and the keys are hidden.
    public let preview: String
    /// What a person should know of this answer, a sentence each; nothing speaks against installing.
    public let cautions: [String]

    public init(_ plan: AnswerPlan) throws(AnswerProblems) {
        let (disks, problems) = plan.chosenDisks
        let all = plan.problems + problems
        guard all.isEmpty, let disks, let hash = plan.rootPasswordHash else { throw AnswerProblems(all: all) }
        text = AnswerText(plan, disks, hash: hash.text, isPreview: false).toml
        preview = AnswerText(plan, disks, hash: hash.text, isPreview: true).toml
        cautions = plan.cautions
    }
}

/// Everything that speaks against an answer.
public struct AnswerProblems: Error, Equatable, Sendable, CustomStringConvertible {
    public let all: [AnswerProblem]

    public var description: String { all.map(\.description).joined(separator: "\n") }
}

extension AnswerPlan {
    /// What this release or this plan leaves to chance.
    var cautions: [String] {
        var sentences: [String] = []
        if !portNames.isEmpty, !release.pinsPortNames {
            sentences.append(
                "Proxmox VE \(release) cannot fix the names of network ports while it is installed (9.1 can): a later "
                    + "kernel may rename them, and the bridge is then on none.")
        }
        if network == .dhcp {
            sentences.append(
                "The port with the default route, and the address that it has while it is installed, become the host's "
                    + "own for good, whatever its server type says: reserve the address in the router, or give the "
                    + "host one.")
        }
        if filesystem.hasSwapOfUnknownDisk {
            sentences.append(
                "The installer stops where swapsize is more than half of the disk: with hdsize that is known before.")
        }
        if case .paths(let paths) = bootDisk, knownDisks == nil, paths.count > filesystem.fewestDisks {
            sentences.append(
                "The installer leaves out disks that it does not find without a word: look at the pool afterwards, "
                    + "which should have \(paths.count).")
        }
        return sentences
    }
}
