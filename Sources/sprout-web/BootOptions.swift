import Control
import HTTP
import Linux
import Model
import Recipes
import Store

extension Site {
    /// `GET /api/network/boot-options`: what to put into a router that is to name this box itself.
    func bootOptions(_ request: Request) async throws -> Response {
        let texts = RouterOptions.all(server: try await ownAddress(request), port: Surroundings().httpPort)
        return try .json([
            "routers": texts.map { ["router": $0.router, "name": $0.name, "text": $0.text] }
        ])
    }

    /// The box's address on the machines' network: as it was asked there, as a person asks it, or as they say it is.
    func ownAddress(_ request: Request) async throws -> String {
        if let wish = request.query["server"] {
            guard DottedQuad.number(wish[...]) != nil else {
                throw Problem(400, "server is \"\(wish)\"; it must be an IPv4 address.", field: "server")
            }
            return wish
        }
        let own = try await store.ownNetworks()
        if let told = try await store.sightings(limit: 200).last(where: { $0.details.offered != nil })?.details.server,
            own.isEmpty || own.contains(where: { $0.address == told })
        {
            return told
        }
        let host = String((request.headers["host"] ?? "").prefix { $0 != ":" })
        return DottedQuad.number(host[...]) != nil && !host.hasPrefix("127.") ? host : "ADDRESS-OF-THIS-BOX"
    }
}

/// Why a host does not get on with its netboot, and what to do, on its page.
struct VerdictNotice {
    let verdict: Verdict
    let host: Host
    let routers: [RouterOptions]

    var html: HTML {
        """
        <div class="notice" role="status"><p><strong>\(verdict.sentence)</strong></p><p>\(verdict.remedy)</p>
        \(allowed(.operator, verdict.candidate.map(correction)))\(verdict.kind.isHelpedByRouter ? lines : nil)</div>
        """
    }

    /// One click, when it was a mistyped address or the machine's other port.
    private func correction(_ mac: MACAddress) -> HTML {
        """
        <form method="post" action="/hosts/\(host.id)/boot-mac"><input type="hidden" name="mac" value="\(mac)">
        <p><button>Yes, boot \(host.hostname) from \(mac)</button></p></form>
        """
    }

    private var lines: HTML {
        """
        <details><summary>Lines for your router</summary>
        \(routers.map { "<details><summary>\($0.name)</summary><pre>\($0.text)</pre></details>" as HTML })
        </details>
        """
    }
}

/// The steps of a machine's netboot, the latest first.
struct WireList {
    let sightings: [Sighting]

    var html: HTML {
        guard !sightings.isEmpty else { return "<p class=\"quiet\">Nothing was seen of it yet.</p>" }
        let lines = sightings.reversed().map { sighting in
            "<li>\(Moment.html(sighting.at)) <span class=\"what\">\("\(sighting)")</span></li>" as HTML
        }
        return "<ol class=\"timeline\" role=\"list\" aria-labelledby=\"wire-title\">\(lines)</ol>"
    }
}
