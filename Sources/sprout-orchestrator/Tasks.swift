import Control
import HTTP
import Ledger
import Model

/// What is still to be done for a host, and is to be tried at once.
extension Desk {
    var taskRoutes: [Routes.Route] {
        [
            .post("/hosts/:id/tasks/:task/retry") { request in
                let (host, author) = (try await host(of: request), author(request))
                let text = request.parameters["task"] ?? ""
                guard let task = Int64(text) else {
                    throw Problem(404, "\"\(text.prefix(40))\" is no task: a task is named by its number.")
                }
                try await commit(request) { try await ledger.retry(task: task, ofHost: host.id, by: author) }
                return Response(status: 204)
            }
        ]
    }
}
