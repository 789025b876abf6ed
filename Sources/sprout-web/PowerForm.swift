import Control
import HTTP
import Model

/// Asks for a host's power, and switches it.
struct PowerForm {
    let host: Host
    /// What came of what was asked last.
    let notice: Notice?

    struct Notice {
        let sentence: String
        let isRefusal: Bool
    }

    var html: HTML {
        """
        <details class="more" id="power" \(notice == nil ? "" : "open" as HTML)>
        <summary>Power</summary>
        \(notice.map(told))
        <form method="post" action="/hosts/\(host.id)/power">
        <p><button name="action" value="state">Ask whether it is on</button>
        <button name="action" value="on">Switch it on</button></p>
        </form>
        <form method="post" action="/hosts/\(host.id)/power">
        <p class="field"><label><input type="checkbox" name="sure" value="yes" required> What runs on it may be lost</label></p>
        <p><button class="destructive" name="action" value="restart">Restart it</button>
        <button class="destructive" name="action" value="off">Shut it down</button>
        <button class="destructive" name="action" value="cut">Cut its power</button></p>
        </form>
        </details>
        """
    }

    private func told(_ notice: Notice) -> HTML {
        notice.isRefusal
            ? "<p class=\"error\" role=\"alert\">\(notice.sentence)</p>"
            : "<p class=\"notice\" role=\"status\">\(notice.sentence)</p>"
    }
}

extension Site {
    func powerByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        let fields = try form(request)
        let action = fields["action"] ?? ""
        if ["restart", "off", "cut"].contains(action), fields["sure"] != "yes" {
            let notice = PowerForm.Notice(sentence: "Say that you mean it: tick the box.", isRefusal: true)
            return try await hostPage(request, power: notice, status: 422)
        }
        let isQuestion = action == "state"
        let wish = PowerWish(action: action == "cut" ? "off" : action, graceful: action != "cut")
        let body = isQuestion ? [] : try JSON.encode(wish)
        let answer = try await self.answer {
            try await orchestrator.send(
                isQuestion ? "GET" : "POST", "/hosts/\(host.id)/power", body: body, actor: actor(request),
                request: try id(of: request))
        }
        guard answer.status == 200, case .bytes(let bytes) = answer.body else {
            let notice = PowerForm.Notice(sentence: try problem(of: answer).detail, isRefusal: true)
            return try await hostPage(request, power: notice, status: answer.status)
        }
        let told = try JSON.decode([String: String].self, from: bytes)
        let sentence = told["sentence"] ?? Self.sentence(of: told["power"] ?? "", host)
        return try await hostPage(request, power: .init(sentence: sentence, isRefusal: false), status: 200)
    }

    private static func sentence(of state: String, _ host: Host) -> String {
        switch state {
        case "on": "\(host.hostname) is on."
        case "off": "\(host.hostname) is off."
        default: "Nothing that Sprout can ask knows whether \(host.hostname) is on."
        }
    }
}

private struct PowerWish: Encodable {
    let action: String
    let graceful: Bool
}
