import Control
import HTTP
import Linux
import Model
import Rehearsal

/// What the new system does when it has started.
extension MachinePlayer {
    /// Calls until it is heard, with a growing pause, for ten minutes.
    func phoneHome(_ script: FirstBootScript, _ plan: InstallationPlan) async throws {
        try await begin(.phoneHome)
        let caller = wish.fails(at: .phoneHome) ? stranger : machine
        let body = try JSON.encode(script.call(from: caller, plan, rehearsal: try await node?.start(plan)))
        var (waited, delay) = (0.0, 1.0)
        while true {
            let status = try? await door.post(
                script.url, ["content-type": "application/json", "user-agent": "curl/8.14.1"], body
            ).status
            if wish.fails(at: .phoneHome), let status {
                throw Silent(screen: "Sprout: it answered with HTTP status \(status).")
            }
            switch status {
            case 200, 201: return
            case 404, 409, 410, 422:
                throw Stopped(sentence: "Sprout does not want to know that it runs (HTTP \(status ?? 0))")
            default: break
            }
            try Task.checkCancellation()
            guard waited < 600 else { throw Stopped(sentence: "Sprout was not reached within ten minutes") }
            try await pause(delay)
            (waited, delay) = (waited + delay, delay < 15 ? delay * 2 : 30)
        }
    }
}
