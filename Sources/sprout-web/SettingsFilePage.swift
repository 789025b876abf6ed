import Control
import HTTP
import Model
import Store

/// The files of settings as an admin edits them in the browser: comments and order are theirs.
extension Site {
    func settingsFilePage(_ request: Request) async throws -> Response {
        try await settingsFilePage(request, try await settingsFile(request), problem: nil, status: 200)
    }

    func replaceSettingsFileByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let wish = ["text": fields["text"] ?? "", "version": fields["version"] ?? ""]
        let name = Percent.encoded(request.parameters["name"] ?? "")
        let body = try JSON.encode(wish)
        let answer = try await answer {
            try await orchestrator.send(
                "PUT", "/settings/files/\(name)", body: body, actor: actor(request), request: try id(of: request))
        }
        if answer.status == 200 { return .redirect(to: "/settings/files/\(name)?saved=yes") }
        // What was typed stays, and with it the version that it was made of.
        var file = try await settingsFile(request)
        (file.text, file.version) = (wish["text"] ?? "", wish["version"] ?? "")
        return try await settingsFilePage(request, file, problem: try problem(of: answer).detail, status: answer.status)
    }

    private func settingsFile(_ request: Request) async throws -> SettingsFile {
        let name = Percent.encoded(request.parameters["name"] ?? "")
        return try await told("/settings/files/\(name)", as: SettingsFile.self, request)
    }

    private func settingsFilePage(
        _ request: Request, _ file: SettingsFile, problem: String?, status: Int
    ) async throws -> Response {
        let back: HTML = file.name == .provisioning ? "/settings" : "/server-types"
        let main: HTML = """
            <nav aria-label="Way back"><a class="back" href="\(back)">\(file.name == .provisioning ? "Settings" : "Server types")</a></nav>
            <h1>\(file.name.fileName)</h1>
            <p class="sentence">What you save is in force at once. What has a mistake is not written; your text stays here.</p>
            \(problem.map { "<div class=\"notice\" role=\"alert\" tabindex=\"-1\" autofocus><p><strong>Nothing was saved.</strong></p><pre>\($0)</pre></div>" as HTML })
            \(request.query["saved"] == "yes" && problem == nil ? "<p class=\"notice good\" role=\"status\">It is saved, and in force.</p>" as HTML : nil)
            <form method="post" action="/settings/files/\(file.name.rawValue)">
            <input type="hidden" name="version" value="\(file.version)">
            <p class="field"><label for="text">The file <code>\(file.path)</code></label>
            <textarea id="text" name="text" rows="30" wrap="off" autocomplete="off" autocapitalize="none" spellcheck="false">
            \(file.text)</textarea></p>
            <p><button>Save</button> <a href="/settings/files/\(file.name.rawValue)">Take back what I changed</a></p>
            </form>
            """
        return Frame(file.name.fileName, in: .settings, newestEvent: nil, tally: try await Tally(store))
            .page(main, status: status)
    }
}
