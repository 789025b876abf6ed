import Control
import HTTP
import Model

/// What concerns the cluster that hosts join.
extension Site {
    /// Whom Sprout trusts gets the cluster's root password: what says so crosses no network in plain text.
    func changeCluster(_ request: Request) async throws -> Response {
        try Caller.current.refusePlainText(
            where: "it can be changed on the way", "It is said", orBy: "sprout cluster")
        return try await passOnJSON(request)
    }
}

/// What was looked at before a host's join: the ticks of its latest operation.
struct JoinTicks {
    let report: ClusterReport

    var html: HTML {
        """
        <h2>Before its join</h2>
        \(list)
        """
    }

    var list: HTML { "<ul class=\"ticks\" role=\"list\">\(report.ticks.map(row))</ul>" }

    private func row(_ tick: ClusterTick) -> HTML {
        "<li data-outcome=\"\(tick.outcome.rawValue)\">\(TickMark.html(tick.outcome)) \(tick.sentence)</li>"
    }
}

/// What came of a look at something, as a sign.
enum TickMark {
    static func html(_ outcome: ClusterTick.Outcome) -> HTML {
        let (mark, word): (String, String) =
            switch outcome {
            case .good: ("✓", "good")
            case .caution: ("!", "worth knowing")
            case .bad: ("✗", "in the way")
            }
        return "<span class=\"sign\" aria-label=\"\(word)\" role=\"img\">\(mark)</span>"
    }
}
