import Control
import HTTP
import Model

/// The form that chooses how a host netboots, and how it goes on to its own disk.
struct NetbootForm {
    let host: Host
    let refusal: NetbootRefusal?

    var html: HTML {
        """
        <details class="more" \(refusal == nil ? "" : "open" as HTML)>
        <summary>Netboot</summary>
        <form method="post" action="/hosts/\(host.id)/netboot">
        <p class="field"><label for="local_boot">On to its own disk</label>
        <select id="local_boot" name="local_boot">\(ways.map(option))</select></p>
        <p class="field"><label for="loader">Program on its disk</label>
        <input id="loader" name="loader" value="\(loader)" autocomplete="off" autocapitalize="none" spellcheck="false" \
        \(mark)>
        \(refusal.map { "<span class=\"error\" role=\"alert\" id=\"loader-error\">\($0.reason)</span>" as HTML })\
        <span class="hint" id="loader-hint">Only where a program on its disk is started, such as
        \\EFI\\proxmox\\grubx64.efi</span></p>
        <p class="field"><label for="netboot_program">First program</label>
        <select id="netboot_program" name="netboot_program">\(NetbootChoice.allCases.map(option))</select></p>
        <p class="field"><label><input type="checkbox" name="live_progress" value="yes" \
        \(isFollowed ? "checked" : "" as HTML)> Show live what its installer does</label></p>
        <p><button>Save</button></p>
        </form>
        </details>
        """
    }

    private var isFollowed: Bool { refusal?.wish.isFollowed ?? host.hasLiveProgress }

    /// Saving what was switched by itself does not switch it back.
    private var ways: [(String, String)] {
        let automatic = LocalBoot.usual
        let switched = LocalBoot.automatic(isSwitched: true)
        let now = host.localBoot == switched ? [(switched.description, switched.sentence)] : []
        return now + [automatic, .exit, .sanboot].map { ($0.description, $0.sentence) }
            + [("file", "a program on it, by its path (UEFI)")]
    }

    private func option(_ way: String, _ sentence: String) -> HTML {
        option(way, sentence, isChosen: way == chosenWay)
    }

    private var chosenWay: String {
        if let refusal { return refusal.wish.way }
        if case .file = host.localBoot { return "file" }
        return host.localBoot.description
    }

    private var loader: String {
        if let refusal { return refusal.wish.loader }
        guard case .file(let file) = host.localBoot else { return "" }
        return file.description
    }

    private func option(_ choice: NetbootChoice) -> HTML {
        let chosen = refusal?.wish.program ?? host.netbootProgram.rawValue
        return option(choice.rawValue, choice.sentence, isChosen: choice.rawValue == chosen)
    }

    private func option(_ value: String, _ text: String, isChosen: Bool) -> HTML {
        "<option value=\"\(value)\" \(isChosen ? "selected" : "" as HTML)>\(text)</option>"
    }

    private var mark: HTML {
        refusal == nil
            ? "aria-describedby=\"loader-hint\""
            : "aria-invalid=\"true\" aria-describedby=\"loader-error loader-hint\" autofocus"
    }
}

/// What was chosen in the form.
struct NetbootWish {
    let way: String
    let loader: String
    let program: String
    let isFollowed: Bool

    init(_ fields: [String: String]) {
        way = fields["local_boot"] ?? ""
        loader = fields["loader"] ?? ""
        program = fields["netboot_program"] ?? ""
        isFollowed = fields["live_progress"] == "yes"
    }

    var change: HostChange {
        HostChange(
            netbootProgram: program, localBoot: way == "file" ? "file:\(loader)" : way, hasLiveProgress: isFollowed)
    }
}

/// A choice that was refused, to be shown again as it was made.
struct NetbootRefusal {
    let wish: NetbootWish
    let reason: String
}

extension Site {
    func chooseNetbootByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        let wish = NetbootWish(try form(request))
        let body = try JSON.encode(wish.change)
        let answer = try await answer { try await change(host, body, request) }
        if answer.status == 200 { return .redirect(to: "/hosts/\(host.id)") }
        let refusal = NetbootRefusal(wish: wish, reason: try problem(of: answer).detail)
        return try await hostPage(request, netboot: refusal, status: answer.status)
    }

    /// The machine that was seen is the one that was meant.
    func correctAddressByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        let body = try JSON.encode(["mac": try form(request)["mac"] ?? ""])
        let answer = try await change(host, body, request)
        guard answer.status == 200 else { throw Problem(answer.status, try problem(of: answer).detail) }
        return .redirect(to: "/hosts/\(host.id)")
    }
}
