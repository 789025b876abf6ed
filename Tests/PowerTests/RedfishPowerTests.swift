import HTTP
import Serving
import Testing

@testable import Power

@Suite(.timeLimit(.minutes(5))) struct RedfishPowerTests {
    @Test(arguments: Controller.Make.all)
    func `a host is switched on, restarted and off by the controller of every maker`(make: Controller.Make) async throws
    {
        try await asking(Controller(make)) { (scene) async throws in
            let driver = scene.driver()
            #expect(try await driver.state() == .off)
            #expect(try await driver.on().sentence == "The controller of pve-01 has taken On.")
            #expect(try await driver.state() == .on)
            #expect(try await driver.on().sentence == "pve-01 is on already.")
            _ = try await driver.restart()
            #expect(
                try await driver.off(gracefully: true).sentence
                    == "The controller of pve-01 has taken GracefulShutdown.")
            #expect(try await driver.off(gracefully: false).sentence == "pve-01 is off already.")
            #expect(try await driver.restart().sentence == "The controller of pve-01 has taken On.")
            #expect(try await driver.off(gracefully: false).sentence == "The controller of pve-01 has taken ForceOff.")
            #expect(await scene.controller.power == "Off")
            #expect(await scene.pauses.all().isEmpty)
            let types = await scene.controller.changes.compactMap { $0.split(separator: "\"").dropFirst(3).first }
            let restart: Substring = make.description == "Supermicro X11" ? "PowerCycle" : "ForceRestart"
            #expect(types == ["On", restart, "GracefulShutdown", "On", "ForceOff"])
        }
    }

    private static func standard(offering types: String) -> Controller.Make {
        var make = Controller.Make.standard
        make.resources = make.resources.mapValues {
            $0.replacing(#/AllowableValues":\[[^\]]*\]/#, with: "AllowableValues\":[\(types)]")
        }
        return make
    }

    @Test func `a button is pressed where there is nothing better`() async throws {
        let make = Self.standard(offering: "\"ForceOff\",\"PushPowerButton\"")
        try await asking(Controller(make)) { (scene) async throws in
            let driver = scene.driver()
            #expect(try await driver.on().sentence == "The controller of pve-01 has taken PushPowerButton.")
            #expect(try await driver.off(gracefully: true).sentence.contains("PushPowerButton"))
            #expect(await scene.controller.power == "Off")
        }
    }

    @Test func `a button is not pressed while nobody knows what it would do`() async throws {
        let make = Self.standard(offering: "\"PushPowerButton\"")
        try await asking(Controller(make, power: "PoweringOff")) { (scene) async throws in
            #expect(try await scene.driver().state() == .unknown)
            let failed = await #expect(throws: PowerFailed.self) { try await scene.driver().on() }
            #expect(
                scene.plain(failed)
                    == "pve-01 cannot be switched on by http://bmc/: the controller has no reset type to"
                    + " switch it on: it knows PushPowerButton. Do it by hand.")
            #expect(await scene.controller.changes.isEmpty)
        }
    }

    @Test func `what cannot restart is switched off and on`() async throws {
        let make = Self.standard(offering: "\"On\",\"ForceOff\"")
        try await asking(Controller(make, power: "On")) { (scene) async throws in
            #expect(try await scene.driver().restart().sentence == "The controller of pve-01 has taken On.")
            #expect(await scene.pauses.all() == [.seconds(15)])
            #expect(await scene.controller.changes.count == 2)
        }
    }

    @Test func `a controller that offers nothing is told of`() async throws {
        var make = Controller.Make.standard
        make.resources = make.resources.mapValues { $0.replacing("#ComputerSystem.Reset", with: "#Other") }
        try await asking(Controller(make)) { [make] (scene) async throws in
            #expect(make.resources.count == 3)
            let failed = await #expect(throws: PowerFailed.self) { try await scene.driver().on() }
            #expect(failed?.description.contains("offers nothing by which it could be switched") == true)
        }
    }

    @Test func `a refusal is no failure where the host is already as it is to be`() async throws {
        let refusal = Response.refusal("The system is already on.", status: 409)
        let controller = Controller(.standard, power: "Paused")
        try await asking(controller) { (scene) async throws in
            let driver = scene.driver()
            #expect(try await driver.state() == .unknown)
            await controller.refuse(with: refusal, then: "On")
            #expect(try await driver.on().sentence == "pve-01 is on already.")
            await controller.refuse(with: refusal, then: "Paused")
            let failed = await #expect(throws: PowerFailed.self) { try await driver.off(gracefully: false) }
            #expect(failed?.description.contains("it refuses (409: The system is already on).") == true)
        }
    }
}
