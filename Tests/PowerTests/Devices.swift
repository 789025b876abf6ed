import Foundation
import HTTP

/// Things that switch by addresses, in as much of their documented APIs as that takes.
actor Device {
    enum Kind: String, CaseIterable, Sendable {
        case tasmota = "Tasmota"
        case shelly1 = "Shelly of the first"
        case shelly2 = "Shelly of the second"
        case homeAssistant = "Home Assistant"
        case piKVM = "PiKVM"

        /// What is stored for it.
        var secret: String {
            switch self {
            case .tasmota: "ge heim&x"
            case .homeAssistant: "eyJhbGciOiJIUzI1NiJ9.e30.x"
            case .shelly1, .shelly2, .piKVM: "admin:geheim"
            }
        }
    }

    let kind: Kind
    private(set) var isOn: Bool

    init(_ kind: Kind, isOn: Bool = false) { (self.kind, self.isOn) = (kind, isOn) }

    func answer(_ request: Request) -> Response {
        guard let url = URLComponents(string: request.path) else { return Response(status: 400) }
        let query = Dictionary((url.queryItems ?? []).map { ($0.name, $0.value ?? "") }) { $1 }
        switch kind {
        case .tasmota: return tasmota(url.path, query)
        case .shelly1: return shelly1(url.path, query, request)
        case .shelly2: return shelly2(url.path, query, request)
        case .homeAssistant: return homeAssistant(url.path, request)
        case .piKVM: return piKVM(url.path, query, request)
        }
    }

    /// Since 8.2.3 a wrong password is also told by the status.
    private func tasmota(_ path: String, _ query: [String: String]) -> Response {
        guard path == "/cm" else { return Response(status: 404) }
        guard query["user"] == "admin", query["password"] == kind.secret else {
            return json(#"{"WARNING":"Need user=<username>&password=<password>"}"#, status: 401)
        }
        switch query["cmnd"]?.lowercased() {
        case "power on": isOn = true
        case "power off": isOn = false
        case "power": break
        default: return json(#"{"Command":"Unknown"}"#)
        }
        return json(#"{"POWER":"\#(isOn ? "ON" : "OFF")"}"#)
    }

    private func shelly1(_ path: String, _ query: [String: String], _ request: Request) -> Response {
        guard isLoggedIn(request) else {
            return Response(status: 401, headers: ["www-authenticate": "Basic realm=\"shelly1-1\""])
        }
        guard path == "/relay/0" else { return Response(status: 404) }
        switch query["turn"] {
        case "on": isOn = true
        case "off": isOn = false
        case nil: break
        default: return Response(status: 400)
        }
        return json(#"{"ison":\#(isOn),"has_timer":false,"timer_started":0,"source":"http"}"#)
    }

    /// It takes no password but by digest with SHA-256 (RFC 7616).
    private func shelly2(_ path: String, _ query: [String: String], _ request: Request) -> Response {
        guard request.headers["authorization"]?.hasPrefix("Digest username=\"admin\"") == true else {
            let challenge = "Digest qop=\"auth\", realm=\"shellyplus1-1\", nonce=\"1\", algorithm=SHA-256"
            return Response(status: 401, headers: ["www-authenticate": challenge])
        }
        guard query["id"] == "0" else { return json(#"{"code":-105,"message":"not found"}"#, status: 500) }
        switch path {
        case "/rpc/Switch.Set":
            guard let wish = query["on"].flatMap(Bool.init) else {
                return json(#"{"code":-103,"message":"Missing required argument 'on'!"}"#, status: 500)
            }
            let was = isOn
            isOn = wish
            return json(#"{"was_on":\#(was)}"#)
        case "/rpc/Switch.GetStatus":
            return json(#"{"id":0,"source":"HTTP_in","output":\#(isOn),"temperature":{"tC":40.2,"tF":104.3}}"#)
        default: return Response(status: 404)
        }
    }

    private func homeAssistant(_ path: String, _ request: Request) -> Response {
        guard request.headers["authorization"] == "Bearer \(kind.secret)" else { return Response(status: 401) }
        let entity = "switch.pve-01"
        if path == "/api/states/\(entity)", request.method == "GET" {
            return json(#"{"entity_id":"\#(entity)","state":"\#(isOn ? "on" : "off")","attributes":{}}"#)
        }
        guard let service = path.split(separator: "/").last, path.hasPrefix("/api/services/switch/turn_") else {
            return Response(status: 404)
        }
        guard request.method == "POST" else { return Response(status: 405) }
        let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String]
        guard request.headers["content-type"] == "application/json", body == ["entity_id": entity] else {
            return json(#"{"message":"Data should be valid JSON."}"#, status: 400)
        }
        isOn = service == "turn_on"
        return json("[]")
    }

    /// It never asks for a password, but has to be shown it.
    private func piKVM(_ path: String, _ query: [String: String], _ request: Request) -> Response {
        guard isLoggedIn(request) else { return Response(status: request.headers["authorization"] == nil ? 401 : 403) }
        switch (request.method, path) {
        case ("GET", "/api/atx"):
            let leds = #"{"hdd":false,"power":\#(isOn)}"#
            return json(#"{"ok":true,"result":{"busy":false,"enabled":true,"leds":\#(leds)}}"#)
        case ("POST", "/api/atx/power"):
            switch query["action"] {
            case "on": isOn = true
            case "off_hard": isOn = false
            default: return Response(status: 400)
            }
            return json(#"{"ok":true,"result":{}}"#)
        case (_, "/api/atx"), (_, "/api/atx/power"): return Response(status: 405)
        default: return Response(status: 404)
        }
    }

    private func isLoggedIn(_ request: Request) -> Bool {
        request.headers["authorization"] == "Basic " + Data(kind.secret.utf8).base64EncodedString()
    }

    private func json(_ text: String, status: Int = 200) -> Response {
        Response(status: status, headers: ["content-type": "application/json"], body: .bytes(Array(text.utf8)))
    }
}
