import HTTP
import Linux
import Model
import Serving
import Testing

@testable import Power

@Suite(.timeLimit(.minutes(5))) struct RedfishReachTests {
    private func failure(
        _ controller: Controller, _ host: PoweredHost = Scene.host, secret: String? = "root:" + Controller.password
    ) async throws -> (words: String, isPassing: Bool?, pauses: [Duration]) {
        let words = Notes<(String, Bool?)>()
        let pauses = Notes<Duration>()
        try await asking(controller) { (scene) async throws in
            let failed = await #expect(throws: PowerFailed.self) {
                try await scene.driver(host, secret: secret).state()
            }
            words.add((scene.plain(failed), failed?.isPassing))
            for pause in await scene.pauses.all() { pauses.add(pause) }
        }
        let said = await words.all()
        return (said.first?.0 ?? "", said.first?.1, await pauses.all())
    }

    @Test func `a wrong password is told with how it is put right, and is in no sentence`() async throws {
        let said = try await failure(Controller(.standard), secret: "root:geheim")
        #expect(
            said.words
                == "Nobody knows whether pve-01 is on by http://bmc/redfish/v1/Systems: it does not know this user"
                + " and password (401). Store the right one with: sprout secrets set bmc.")
        #expect(said.isPassing == false)
        let none = try await failure(Controller(.standard), secret: nil)
        #expect(
            none.words == "Nobody knows whether pve-01 is on: its secret bmc is not stored. Store user:password with:"
                + " sprout secrets set bmc.")
        let odd = try await failure(Controller(.standard), secret: "geheim")
        #expect(odd.words.contains("its secret bmc is not of the form user:password."))
    }

    @Test func `what a controller quotes of the password is not repeated`() async throws {
        let quoting = Response.refusal(
            "No root:\(Controller.password) or \(Controller.password)\\u001b[0m.", status: 403)
        let said = try await failure(Controller(.standard, before: [quoting]))
        #expect(said.words.contains("the user may not do this (403: No … or … [0m). Give it the role"))
    }

    @Test func `a busy controller is asked again when it says, and not without end`() async throws {
        func busy(_ rest: String?) -> Response {
            var response = Response(status: 503)
            response.headers["retry-after"] = rest
            return response
        }
        let answers = [busy("7"), busy(nil), busy("100000")]
        let controller = Controller(.standard, power: "On", before: answers)
        try await asking(controller) { (scene) async throws in
            #expect(try await scene.driver().state() == .on)
            #expect(await scene.pauses.all() == [.seconds(7), .seconds(5), .seconds(60)])
        }
        let said = try await failure(Controller(.standard, before: answers + [busy("Fri, 20 Nov 2026 10:00:00 GMT")]))
        #expect(
            said.words
                == "Nobody knows whether pve-01 is on by http://bmc/redfish/v1/: it is too busy to answer (503), and"
                + " was asked 4 times. Try again later.")
        #expect(said.isPassing == true)
        #expect(said.pauses.count == 3)
    }

    @Test func `what is no controller is told`() async throws {
        let page = Response.html("<html>")
        #expect(try await failure(Controller(.standard, before: [page])).words.contains("what is there is no Redfish."))
        let gone = Response(status: 404)
        #expect(try await failure(Controller(.standard, before: [gone])).words.contains("nothing of the kind (404)."))
        let broken = Response(status: 500)
        #expect(try await failure(Controller(.standard, before: [broken])).isPassing == true)
    }

    @Test func `a controller that is not there is told by its address`() async throws {
        let means = try Means(worker: Worker(), reactor: reactor) { _ in }
        let driver = PowerDriver(
            .redfish(url: "http://127.0.0.1:1/{host}", secretName: "bmc"), of: Scene.host,
            PowerAccess(secret: "root:geheim"), means)
        let failed = await #expect(throws: PowerFailed.self) { try await driver.on() }
        #expect(
            failed?.description
                == "pve-01 cannot be switched on by http://127.0.0.1:1/redfish/v1/: nobody answers there"
                + " (Connection refused). Check the address, or try again later.")
        #expect(failed?.isPassing == true)
    }
}
