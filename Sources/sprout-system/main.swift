// sprout-system does to the box itself what only root may: it takes wishes of sprout-orchestrator's, checks them, and ends.

import Linux
import Systemd

runProgram { reactor in
    let box = Box(places: Places(), reactor)
    do {
        switch Array(CommandLine.arguments.dropFirst()) {
        case ["carry-out"]: try await box.carryOut()
        case ["settle"]: try box.settle()
        case ["unhealthy"]: try box.unhealthy()
        default:
            Journal.log(.error, "usage: sprout-system carry-out | settle | unhealthy")
            return 2
        }
        return 0
    } catch {
        Journal.log(.error, "sprout-system cannot do what it is there for: \(error)")
        return 1
    }
}
