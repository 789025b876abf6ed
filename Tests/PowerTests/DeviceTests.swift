import Foundation
import HTTP
import Linux
import Model
import Serving
import Settings
import Testing

@testable import Power

/// What the example for server types says of each device switches it.
@Suite(.timeLimit(.minutes(5))) struct DeviceTests {
    /// The hooks that the example has for a device, at another server.
    private func hooks(for kind: Device.Kind, at url: String) throws -> PowerHooks {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../deploy/server-types.example.yaml")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let title = try #require(lines.firstIndex { $0.contains("# \(kind.rawValue)") })
        let offered = lines[(title + 1)...].prefix { $0.hasPrefix("      #   ") }
        let power = offered.map { "    " + $0.dropFirst(10).replacing(/https?:\/\/[^\/]+/, with: url) }
        let text = "server_types:\n  a:\n    boot_disk: /dev/sda\n" + power.joined(separator: "\n")
        let types = try ServerTypes(parsing: text, file: "server-types.yaml")
        guard case .http(let hooks)? = types["a"]?.power else {
            Issue.record("the example for \(kind.rawValue) has no hooks")
            return PowerHooks(on: PowerHook(url: ""))
        }
        return hooks
    }

    private func switching(
        _ device: Device, secret: String? = nil, _ body: @escaping @Sendable (PowerDriver, Scene) async throws -> Void
    ) async throws {
        try await answering({ await device.answer($0) }) { (scene) async throws in
            let hooks = try hooks(for: device.kind, at: scene.url)
            try await body(scene.hook(hooks, secret: secret ?? device.kind.secret), scene)
        }
    }

    @Test(arguments: Device.Kind.allCases)
    func `it is switched as its maker says, and tells whether it is on`(kind: Device.Kind) async throws {
        let device = Device(kind)
        try await switching(device) { (driver, scene) async throws in
            #expect(try await driver.state() == .off)
            #expect(try await driver.on().effect == .sent)
            #expect(await device.isOn)
            #expect(try await driver.state() == .on)
            #expect(try await driver.off(gracefully: false).effect == .sent)
            #expect(await !device.isOn)
            #expect(try await driver.restart().effect == .sent)
            #expect(await device.isOn)
            #expect(await scene.pauses.all() == [.seconds(10)])
        }
    }

    @Test(arguments: Device.Kind.allCases.filter { $0 != .shelly2 })
    func `a wrong secret is told, and not shown`(kind: Device.Kind) async throws {
        let device = Device(kind)
        let wrong = kind.secret.contains(":") ? "admin:falsch" : "falsch"
        try await switching(device, secret: wrong) { (driver, _) async throws in
            let failed = await #expect(throws: PowerFailed.self) { try await driver.on() }
            #expect(failed?.description.contains("it refuses who asks (40") == true, "\(failed as Any)")
            #expect(failed?.description.contains("falsch") == false)
            #expect(await !device.isOn)
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct DetailedHookTests {
    @Test func `a secret is put where the texts say, escaped in a URL, and shown nowhere else`() async throws {
        let asked = Notes<String>()
        try await answering({ request in
            asked.add(
                "\(request.method) \(request.path) \(request.headers["x-key"] ?? "")"
                    + " \(request.headers["authorization"] ?? "none") \(String(decoding: request.body, as: UTF8.self))")
            return .text("ok")
        }) { (scene) async throws in
            var on = PowerHook(url: scene.url + "/{host}?key={secret}")
            (on.method, on.body, on.headers) = (.put, "{host}={secret}", ["X-Key": "k {secret}"])
            _ = try await scene.hook(PowerHooks(on: on, secretName: "plug"), secret: "a:b&c ü").on()
            let missing = await #expect(throws: PowerFailed.self) {
                try await scene.hook(PowerHooks(on: on, secretName: "plug"), secret: nil).on()
            }
            #expect(missing?.description.hasSuffix("Store it with: sprout secrets set plug.") == true)
        }
        #expect(await asked.all() == ["PUT /pve-01?key=a%3Ab%26c%20%C3%BC k a:b&c ü none pve-01=a:b&c ü"])
    }

    static let answers: [(body: String, state: PowerState?)] = [
        (#"{"a":{"b":[{"c":"On"}]}}"#, .on), (#"{"a":{"b":[{"c":"oFF"}]}}"#, .off),
        (#"{"a":{"b":[{"c":"unavailable"}]}}"#, .unknown), (#"{"a":{"b":[{"c":null}]}}"#, .unknown),
        (#"{"a.b.0.c":"on"}"#, .on), (#"{"a":{"b":[]}}"#, nil), (#"{"a":{"b":[{"c":{"d":1}}]}}"#, nil), ("on", nil),
        ("", nil), (#"["on"]"#, nil),
    ]

    @Test(arguments: answers)
    func `the word is found in the answer, or it is said that nothing stands there`(
        body: String, state: PowerState?
    ) async throws {
        try await answering({ _ in Response(status: 200, body: .bytes(Array(body.utf8))) }) { (scene) async throws in
            let status = PowerStatusHook(
                PowerHook(url: scene.url + "/s?t=geheim"), key: "a.b.0.c", on: "on", off: "off")
            let driver = scene.hook(PowerHooks(on: PowerHook(url: scene.url), status: status), secret: nil)
            if let state {
                #expect(try await driver.state() == state)
            } else {
                let failed = await #expect(throws: PowerFailed.self) { try await driver.state() }
                #expect(
                    scene.plain(failed)
                        == "Nobody knows whether pve-01 is on by http://bmc/s: nothing stands at a.b.0.c in what is"
                        + " answered. Correct status.key in server-types.yaml.")
            }
        }
    }

    static let words: [(body: String, on: String, state: PowerState)] = [
        (#"{"x":true}"#, "true", .on), (#"{"x":1}"#, "1", .on), (#"{"x":1.5}"#, "1.5", .on),
        (#"{"x":0}"#, "1", .unknown),
    ]

    @Test(arguments: words)
    func `flags and numbers are words too`(body: String, on: String, state: PowerState) {
        let status = PowerStatusHook(PowerHook(url: "http://p"), key: "x", on: on)
        #expect(HookStatus(hook: status).state(in: Array(body.utf8)) == state)
    }
}
