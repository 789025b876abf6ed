import Fetch
import HTTP
import Linux
import Model
import Serving
import Testing

@testable import Power

/// A controller, and a driver that is to switch a host by it.
struct Scene: Sendable {
    let controller: Controller
    let url: String
    let worker: Worker
    /// How long was waited, if it had not been a test.
    let pauses = Notes<Duration>()

    static let host = PoweredHost(name: "pve-01", macs: [])

    /// What is said without the port, which is another one each time.
    func plain(_ failed: PowerFailed?) -> String {
        (failed?.description ?? "").replacing(url, with: "http://bmc")
    }

    func driver(
        _ host: PoweredHost = Self.host, secret: String? = "root:" + Controller.password
    ) -> PowerDriver {
        PowerDriver(.redfish(url: url, secretName: "bmc"), of: host, PowerAccess(secret: secret), means)
    }

    func hook(on: String, off: String?, secret: String?) -> PowerDriver {
        let hooks = PowerHooks(
            on: PowerHook(url: url + on), off: off.map { PowerHook(url: url + $0) },
            secretName: secret == nil ? nil : "plug")
        return hook(hooks, secret: secret)
    }

    func hook(_ hooks: PowerHooks, secret: String?) -> PowerDriver {
        PowerDriver(.http(hooks), of: Self.host, PowerAccess(secret: secret), means)
    }

    var means: Means { Means(worker: worker, reactor: reactor) { [pauses] in pauses.add($0) } }
}

func asking(_ controller: Controller, _ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
    try await answering({ await controller.answer($0) }, controller, body)
}

func answering(
    _ answer: @escaping @Sendable (Request) async throws -> Response, _ controller: Controller = Controller(.standard),
    _ body: @escaping @Sendable (Scene) async throws -> Void
) async throws {
    let server = try BareServer(answer)
    try await withTaskExecutorPreference(reactor) {
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            group.addTask {
                let url = "http://127.0.0.1:\(server.port)"
                try await body(Scene(controller: controller, url: url, worker: try Worker()))
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
