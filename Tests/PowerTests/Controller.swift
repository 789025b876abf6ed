import Foundation
import HTTP

/// A management controller of some maker, in as much of it as switching a machine takes.
actor Controller {
    struct Make: Sendable, CustomStringConvertible {
        let description: String
        /// What is at which path; $POWER, $TARGET, $ENABLED and $MODE stand for what the machine is just now.
        var resources: [String: String]
        /// Where the boot override is written.
        var bootPath: String
        var resetPath: String
        var tag: String?
        /// Answers a request instead of the controller.
        var quirk: @Sendable (Request) -> Response? = { _ in nil }
        /// What the controller makes of a boot override.
        var keeps: @Sendable (inout Boot) -> Void = { _ in }
    }

    struct Boot: Equatable, Sendable {
        var target = "None"
        var enabled = "Disabled"
        var mode = "UEFI"
    }

    let make: Make
    private(set) var power: String
    private(set) var boot = Boot()
    /// What was asked for but by GET.
    private(set) var changes: [String] = []
    /// Answers that are given first, one for each request.
    private var before: [Response] = []
    /// The answer to the next change, and the state that the machine is found in afterwards.
    private var refused: (response: Response, power: String)?

    init(_ make: Make, power: String = "Off", mode: String = "UEFI", before: [Response] = []) {
        (self.make, self.power, self.before) = (make, power, before)
        boot.mode = mode
    }

    /// Answers the next change, and has the machine in another state afterwards.
    func refuse(with response: Response, then power: String) { refused = (response, power) }

    static let password = "calvin:geheim"

    func answer(_ request: Request) -> Response {
        if !before.isEmpty { return before.removeFirst() }
        let login = "Basic " + Data("root:\(Self.password)".utf8).base64EncodedString()
        if request.path != "/redfish/v1/", request.headers["authorization"] != login { return Response(status: 401) }
        if request.method != "GET" {
            let match = request.headers["if-match"].map { " if \($0)" } ?? ""
            changes.append("\(request.method) \(request.path)\(match) \(String(decoding: request.body, as: UTF8.self))")
        }
        if request.method != "GET", let refused {
            (power, self.refused) = (refused.power, nil)
            return refused.response
        }
        if let odd = make.quirk(request) { return odd }
        switch (request.method, request.path) {
        case ("GET", _): return resource(request.path)
        case ("POST", make.resetPath): return reset(request)
        case ("PATCH", make.bootPath): return patch(request)
        default: return Response(status: 405)
        }
    }

    private func resource(_ path: String) -> Response {
        guard var text = make.resources[path] else { return Response(status: 404) }
        for (name, value) in [
            ("$POWER", power), ("$TARGET", boot.target), ("$ENABLED", boot.enabled), ("$MODE", boot.mode),
        ] {
            text = text.replacingOccurrences(of: name, with: value)
        }
        var response = Response.json(Array(text.utf8))
        response.headers["etag"] = make.tag
        return response
    }

    private func reset(_ request: Request) -> Response {
        guard let body = try? JSONDecoder().decode([String: String].self, from: Data(request.body)) else {
            return Response(status: 400)
        }
        switch body["ResetType"] {
        case "On", "ForceOn", "ForceRestart", "PowerCycle": power = "On"
        case "ForceOff", "GracefulShutdown": power = "Off"
        case "PushPowerButton": power = power == "On" ? "Off" : "On"
        default: return .refusal("The value given for ResetType is not acceptable.")
        }
        return Response(status: 204)
    }

    private func patch(_ request: Request) -> Response {
        guard let body = try? JSONDecoder().decode([String: [String: String]].self, from: Data(request.body)),
            let wish = body["Boot"]
        else { return Response(status: 400) }
        boot.target = wish["BootSourceOverrideTarget"] ?? boot.target
        boot.enabled = wish["BootSourceOverrideEnabled"] ?? boot.enabled
        boot.mode = wish["BootSourceOverrideMode"] ?? boot.mode
        make.keeps(&boot)
        return Response(status: 200)
    }
}

extension Response {
    /// A refusal as Redfish tells it.
    static func refusal(_ words: String, status: Int = 400, id: String = "Base.1.8.ActionParameterValueNotInList")
        -> Response
    {
        let detail = "{\"MessageId\":\"\(id)\",\"Message\":\"\(words)\",\"Severity\":\"Warning\"}"
        let error = "{\"code\":\"Base.1.8.GeneralError\",\"message\":\"See @Message.ExtendedInfo.\","
        return .json(
            Array("{\"error\":\(error)\"@Message.ExtendedInfo\":[\(detail)]}}".utf8), status: status)
    }
}
