import Control
import HTTP
import Model
import Store

/// What is still to be done for a host, and why it is not done yet.
struct TaskList {
    let host: Host
    let tasks: [PendingTask]

    var html: HTML? {
        // What was not tried yet is done in a moment.
        let troubled = tasks.filter { $0.problem != nil }
        guard !troubled.isEmpty else { return nil }
        return """
            <section aria-labelledby="tasks-title">
            <h2 id="tasks-title">Still to be done</h2>
            <ul class="tasks" role="list">\(troubled.map(item))</ul>
            </section>
            """
    }

    private func item(_ task: PendingTask) -> HTML {
        """
        <li class="notice"><p><strong>\(task.kind.sentence)</strong>: next try \(Moment.html(task.nextTry))</p>
        <p>\(task.problem ?? "")</p>
        \(allowed(.operator, retry(task)))</li>
        """
    }

    private func retry(_ task: PendingTask) -> HTML {
        """
        <form method="post" action="/hosts/\(host.id)/tasks/\(task.id)/retry"><button>Try at once</button></form>
        """
    }
}

extension Site {
    func tasks(_ request: Request) async throws -> Response {
        try .json(["tasks": try await store.tasks(ofHost: try await host(request).id)])
    }

    func retryTask(_ request: Request) async throws -> Response {
        try requireJSON(request)
        return try await sendRetry(try await host(request), request)
    }

    func retryTaskByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        _ = try form(request)
        let answer = try await sendRetry(host, request)
        // A task that was done meanwhile is what was wanted.
        guard answer.status == 204 || answer.status == 404 else {
            throw Problem(answer.status, try problem(of: answer).detail)
        }
        return .redirect(to: "/hosts/\(host.id)")
    }

    private func sendRetry(_ host: Host, _ request: Request) async throws -> Response {
        let task = Percent.encoded(request.parameters["task"] ?? "")
        return try await orchestrator.send(
            "POST", "/hosts/\(host.id)/tasks/\(task)/retry", actor: actor(request), request: try id(of: request))
    }
}
