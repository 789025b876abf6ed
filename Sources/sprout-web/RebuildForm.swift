import Control
import HTTP
import Model
import Recipes
import Store

/// The form that installs a host anew, once its name was typed; while that goes on, the one that stops it.
struct RebuildForm {
    let host: Host
    let images: [InstallerImage]
    let bootDisk: String
    let refusal: RemovalRefusal?

    var html: HTML {
        if host.state.isUnderWay { return cancel }
        guard !images.isEmpty else {
            return """
                <details class="more"><summary>Rebuild with Proxmox VE</summary>
                <p>There is nothing to install yet: <code>sprout images import FILE</code> makes an ISO ready.</p></details>
                """
        }
        return """
            <details class="danger" data-rebuild \(refusal == nil ? "" : "open" as HTML)>
            <summary>Rebuild with Proxmox VE</summary>
            <form method="post" action="/hosts/\(host.id)/rebuild">
            <p>When \(host.hostname) netboots next, <strong>\(bootDisk) is wiped</strong> and installed on.</p>
            <p class="field"><label for="image">What is installed</label>
            <select id="image" name="image">\(images.map(option))</select></p>
            <p class="field"><label for="rebuild-confirm">Type <strong>\(host.hostname)</strong> to confirm</label>
            <input id="rebuild-confirm" name="confirm" value="\(refusal?.typed ?? "")" autocomplete="off" \
            autocapitalize="none" spellcheck="false" required \(mark)>
            \(refusal.map { "<span class=\"error\" role=\"alert\" id=\"rebuild-error\">\($0.reason)</span>" as HTML })</p>
            \(leftover)
            <p><button class="destructive">Rebuild \(host.hostname)</button></p>
            </form>
            </details>
            """
    }

    /// Asked where the cluster has a dead member of this name.
    private var leftover: HTML? {
        guard refusal?.field == "remove_member" else { return nil }
        return """
            <p class="field"><label><input type="checkbox" name="remove_member" value="yes"> Take the dead member \
            \(host.hostname) out of the cluster: its old disk never starts again</label></p>
            """
    }

    private var cancel: HTML {
        """
        <details class="danger">
        <summary>Stop what is being done</summary>
        <form method="post" action="/hosts/\(host.id)/cancel">
        <p>\(host.hostname) gets the installer no more. What the installer has begun to write stays on the disk.</p>
        <p><button class="destructive">Stop \(host.hostname)</button></p>
        </form>
        </details>
        """
    }

    private func option(_ image: InstallerImage) -> HTML {
        "<option value=\"\(image.id)\">\(image.product) \(image.release)-\(image.build)</option>"
    }

    private var mark: HTML {
        refusal == nil ? "" : "aria-invalid=\"true\" aria-describedby=\"rebuild-error\" autofocus"
    }
}

private struct FormWish: Encodable {
    let confirm, image: String
    let removesMember: Bool

    enum CodingKeys: String, CodingKey {
        case confirm, image
        case removesMember = "remove_member"
    }
}

extension Site {
    func rebuildForm(_ host: Host, _ refusal: RemovalRefusal?) async throws -> RebuildForm {
        let type = try? await store.serverType(of: host)
        return RebuildForm(
            host: host, images: try await store.images(), bootDisk: type?.bootDisk.words ?? "its disk", refusal: refusal
        )
    }

    func rebuildByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        let fields = try form(request)
        let wish = FormWish(
            confirm: fields["confirm"] ?? "", image: fields["image"] ?? "",
            removesMember: fields["remove_member"] == "yes")
        let body = try JSON.encode(wish)
        let answer = try await answer { try await ask(host, "rebuild", body, request) }
        if answer.status == 202 { return .redirect(to: "/hosts/\(host.id)") }
        let problem = try problem(of: answer)
        let refusal = RemovalRefusal(typed: wish.confirm, reason: problem.detail, field: problem.field)
        return try await hostPage(request, rebuild: refusal, status: answer.status)
    }

    func cancelByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        _ = try form(request)
        let answer = try await ask(host, "cancel", Array("{}".utf8), request)
        guard answer.status == 200 else { throw Problem(answer.status, try problem(of: answer).detail) }
        return .redirect(to: "/hosts/\(host.id)")
    }

    /// What is asked for a host, by whatever name it is called.
    func passOnForHost(_ request: Request) async throws -> Response {
        if request.method == "POST" { try requireJSON(request) }
        return try await ask(try await host(request), request.segments.last ?? "", request.body, request)
    }

    private func ask(_ host: Host, _ action: String, _ body: [UInt8], _ request: Request) async throws -> Response {
        try await sendOnce(request.method, "/hosts/\(host.id)/\(action)", body, request)
    }
}
