import HTTP
import Serving
import Testing

@testable import Power

@Suite(.timeLimit(.minutes(5))) struct NetworkBootTests {
    private static let done = "pve-01 boots from the network at its next start."

    @Test(arguments: Controller.Make.all, ["UEFI", "Legacy"])
    func `the next start is from the network, in the mode that there is`(make: Controller.Make, mode: String)
        async throws
    {
        try await asking(Controller(make, mode: mode)) { (scene) async throws in
            let outcome = try await scene.driver().bootFromNetworkOnce()
            #expect(outcome.sentence == Self.done)
            #expect(await scene.controller.boot == Controller.Boot(target: "Pxe", enabled: "Once", mode: mode))
        }
    }

    static let attempts: [(Controller.Make, [String])] = [
        (.standard, [" if \"1\""]), (.dell, [""]), (.hpe, [" if W/\"4B9A1E90\"", " if \"4B9A1E90\""]),
        (.openBMC, [""]), (.ami, ["", " if *"]), (.supermicro, ["", ""]),
    ]

    @Test(arguments: attempts)
    func `it is written where and as the controller wants it`(make: Controller.Make, conditions: [String]) async throws
    {
        try await asking(Controller(make)) { (scene) async throws in
            _ = try await scene.driver().bootFromNetworkOnce()
            var expected = conditions.map { "PATCH \(make.bootPath)\($0) \(NetworkBoot.body("UEFI"))" }
            // What must not be told the mode gets it without.
            if make.description == "Supermicro X11" { expected[1] = "PATCH \(make.bootPath) \(NetworkBoot.body(nil))" }
            #expect(await scene.controller.changes == expected)
        }
    }

    static let tags: [(String?, [String?])] = [
        (nil, [nil, "*"]), ("\"a\"", ["\"a\"", nil, "*"]), ("W/\"a\"", ["W/\"a\"", "\"a\"", nil, "*"]),
    ]

    @Test(arguments: tags)
    func `a tag is tried in the forms that are taken somewhere`(tag: String?, tried: [String?]) {
        #expect(RedfishClient.preconditions(tag) == tried)
    }

    @Test func `a tag that has become another one meanwhile is fetched again`() async throws {
        let tag = Tag()
        var make = Controller.Make.standard
        make.tag = nil
        let controller = Controller(make)
        let handler: @Sendable (Request) async throws -> Response = { request in
            if request.method == "PATCH", request.headers["if-match"] != "\"2\"" {
                await tag.set("\"2\"")
                return Response(status: 412)
            }
            var response = await controller.answer(request)
            response.headers["etag"] = await tag.text
            return response
        }
        try await answering(handler) { (scene) async throws in
            let outcome = try await scene.driver().bootFromNetworkOnce()
            #expect(outcome.sentence == Self.done)
            #expect(await controller.changes.count == 1)
        }
    }

    private actor Tag {
        private(set) var text = "\"1\""
        func set(_ text: String) { self.text = text }
    }

    @Test func `a controller that agrees and does nothing is not believed`() async throws {
        var make = Controller.Make.supermicro
        make.quirk = { _ in nil }
        make.keeps = { $0 = Controller.Boot(target: "None", enabled: "Disabled", mode: "Legacy") }
        try await asking(Controller(make)) { (scene) async throws in
            let failed = await #expect(throws: PowerFailed.self) { try await scene.driver().bootFromNetworkOnce() }
            #expect(
                scene.plain(failed)
                    == "pve-01 cannot be told to boot from the network by http://bmc/redfish/v1/Systems/1:"
                    + " its controller agreed, and still says of the next start: None, Disabled, Legacy. Choose the"
                    + " network in the boot menu, or put it first in the boot order of its firmware.")
            #expect(await scene.pauses.all() == [.seconds(5), .seconds(15)])
        }
    }

    @Test func `one that boots from the network for ever is told of`() async throws {
        var make = Controller.Make.standard
        make.keeps = { $0.enabled = "Continuous" }
        try await asking(Controller(make)) { (scene) async throws in
            let outcome = try await scene.driver().bootFromNetworkOnce()
            #expect(outcome.sentence.contains("and not only once"))
        }
    }

    @Test func `a refusal is told in the controller's own words`() async throws {
        var make = Controller.Make.dell
        make.quirk = { $0.method == "PATCH" ? .refusal("A job is under way.", status: 409) : nil }
        try await asking(Controller(make)) { (scene) async throws in
            let failed = await #expect(throws: PowerFailed.self) { try await scene.driver().bootFromNetworkOnce() }
            #expect(failed?.description.contains(": it refuses (409: A job is under way). Look into the log") == true)
        }
    }

    @Test func `a controller that has no such start is not asked for one`() async throws {
        var make = Controller.Make.dell
        make.resources = make.resources.mapValues { $0.replacing("\"Pxe\",", with: "") }
        try await asking(Controller(make)) { (scene) async throws in
            let failed = await #expect(throws: PowerFailed.self) { try await scene.driver().bootFromNetworkOnce() }
            #expect(failed?.description.contains("can choose only None, Cd, Hdd for the next start") == true)
            #expect(await scene.controller.changes.isEmpty)
        }
    }
}
