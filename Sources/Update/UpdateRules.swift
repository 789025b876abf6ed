public import Model

/// Which version may take the place of which.
public enum UpdateRules {
    /// Why not, as the end of a sentence; nil where nothing is in the way.
    public static func obstacle(
        to version: ReleaseNumber, over running: ReleaseNumber, _ history: BoxHistory, again: Bool
    ) -> String? {
        if version == running { return "\(version) is what runs already" }
        if version < running { return "\(version) is older than what runs, which is \(running)" }
        if !again, let bad = history.bad.first(where: { $0.version == "\(version)" }) {
            return "\(version) was tried here, and did not work: \(bad.problem)"
        }
        return nil
    }
}
