import Control
import HTTP
import Linux
import Model
import Store

/// Backups: made, fetched, removed, and taken in on another box.
extension Site {
    /// What opens a backup, and what is in it, crosses no network in plain text.
    func passOnInPrivate(_ request: Request) async throws -> Response {
        try Caller.current.refusePlainText(
            where: "a passphrase can be read along", "Backups are made and restored", orBy: "sprout backup")
        return try await passOn(request)
    }

    /// It is sealed: whoever reads along has to guess at its passphrase.
    func downloadBackup(_ request: Request) async throws -> Response {
        let name = request.parameters["name"] ?? ""
        guard BackupFile.isName(name), let file = try? File("\(Surroundings().backups)/\(name)") else {
            throw Problem(404, "There is no backup \(name.prefix(100)).")
        }
        var response = Response.file(file, type: "application/octet-stream", for: request)
        response.headers["content-disposition"] = "attachment; filename=\"\(name)\""
        return response
    }

    func backupsPage(_ request: Request) async throws -> Response {
        try await backupsPage(request, problem: nil, status: 200)
    }

    func changeBackupsByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let answer: Response
        switch fields["action"] {
        case "make":
            try Caller.current.refusePlainText(
                where: "a passphrase can be read along", "Backups are made", orBy: "sprout backup make")
            answer = try await ask("/backups", ["passphrase": fields["passphrase"] ?? ""], request)
        case "remove":
            guard fields["sure"] == "yes" else { return .redirect(to: "/backups") }
            let path = "/backups/\(Percent.encoded(fields["name"] ?? ""))"
            answer = try await self.answer {
                try await orchestrator.send("DELETE", path, actor: actor(request), request: try id(of: request))
            }
        default: throw Problem(400, "The field action is missing: make or remove.")
        }
        if answer.status < 300 { return .redirect(to: "/backups") }
        return try await backupsPage(request, problem: try problem(of: answer), status: answer.status)
    }

    private func backupsPage(_ request: Request, problem: ReceivedProblem?, status: Int) async throws -> Response {
        let newest = try await store.newestEventID()
        let backups = try await told("/backups", as: [String: [BackupFile]].self, request)["backups"] ?? []
        let isNightly = try await store.secrets().contains { $0.name == "backup" }
        let page = BackupsPage(backups: backups, isNightly: isNightly, problem: problem)
        return Frame(
            "Backups", in: .settings, newestEvent: newest, tally: try await Tally(store), script: "backups.js"
        ).page(page.html, status: status)
    }
}

private struct BackupsPage {
    let backups: [BackupFile]
    let isNightly: Bool
    let problem: ReceivedProblem?

    var html: HTML {
        """
        <nav aria-label="Way back"><a class="back" href="/settings">Settings</a></nav>
        <h1>Backups</h1>
        <p class="sentence">All that Sprout knows, its settings, its keys and its certificate, in one sealed file. Images are not
        in it: they are brought again.</p>
        <p class="notice \(isNightly ? "good" : "" as HTML)">\(isNightly ? Self.nightly : Self.notNightly)</p>
        <div data-fresh="backups" data-on="backup.">
        \(backups.isEmpty ? "<p class=\"empty\">None was made yet.</p>" as HTML
            : "<ul class=\"rows\" role=\"list\" aria-label=\"Backups\">\(backups.map(row))</ul>")
        </div>
        <div class="columns">
        <section class="card" aria-labelledby="make-title"><h2 id="make-title">Make one now</h2>
        \(Caller.current.isPrivate ? make : Self.command)</section>
        \(RestoreForm(replaces: true).html)
        </div>
        """
    }

    private static let nightly: HTML = "One is made every night, and the last seven are kept."
    private static let notNightly: HTML = """
        None is made by itself: keep the passphrase for it as the secret <code>backup</code>, under
        <a href="/settings#secrets">Settings</a>.
        """

    private func row(_ backup: BackupFile) -> HTML {
        """
        <li><strong><a href="/api/backups/\(backup.name)" download>\(backup.name)</a></strong>
        <span class="quiet">\(Size.text(backup.size)) · \(Moment.html(backup.madeAt))</span>
        <details id="remove-\(backup.name)"><summary>Remove</summary><form method="post" action="/backups">
        <input type="hidden" name="name" value="\(backup.name)">
        <p class="field"><label><input type="checkbox" name="sure" value="yes" required> Nobody needs it any more</label></p>
        <button class="destructive" name="action" value="remove">Remove it</button></form></details></li>
        """
    }

    private var make: HTML {
        """
        <form method="post" action="/backups">
        <p class="field"><label for="make-passphrase">A passphrase, of at least 10 characters</label>
        <input id="make-passphrase" name="passphrase" type="password" autocomplete="new-password" required \
        \(problem == nil ? "" : "aria-invalid=\"true\" aria-describedby=\"make-error\" autofocus" as HTML)>
        \(problem.map { "<span class=\"error\" role=\"alert\" id=\"make-error\">\($0.detail)</span>" as HTML })
        <span class="hint">Without it nobody opens the backup, and it is kept nowhere: write it down.</span></p>
        <p><button name="action" value="make">Make a backup</button></p></form>
        """
    }

    private static let command: HTML = """
        <p>A passphrase crosses no network in plain text: open this page over HTTPS, or use the command on the box:</p>
        <pre tabindex="0">sprout backup make</pre>
        """
}

/// The form that takes a backup in, which backups.js sends in pieces.
struct RestoreForm {
    /// Whether there may be something here that is lost.
    let replaces: Bool

    var html: HTML {
        """
        <section class="card" aria-labelledby="restore-title"><h2 id="restore-title">Restore a backup</h2>
        \(Caller.current.isPrivate ? form : Self.command)</section>
        """
    }

    private var form: HTML {
        """
        <noscript><p>That needs JavaScript. Without it: <code>sprout backup restore FILE</code>.</p></noscript>
        <form data-restore>
        <p>\(replaces ? Self.warning : "Of another box, or of this one before: it becomes that one, with its hosts and its users.")</p>
        <p class="field"><label for="backup">The file</label>
        <input id="backup" type="file" accept=".backup" required></p>
        <p class="field"><label for="passphrase">Its passphrase</label>
        <input id="passphrase" type="password" autocomplete="off" required></p>
        \(replaces ? Self.sure : nil)
        <div data-progress hidden><progress max="1" value="0" aria-label="Sent"></progress><p role="status" data-said></p></div>
        <p class="error" role="alert" data-refused hidden></p>
        <p><button class="\(replaces ? "destructive" : "")">Restore it</button></p>
        </form>
        """
    }

    private static let warning: HTML = """
        It takes the place of everything that Sprout knows here: hosts, users, settings, keys. What was under way when it was made
        is over.
        """
    private static let sure: HTML = """
        <p class="field"><label><input id="replace" type="checkbox" required> What is here now may be lost</label></p>
        """
    private static let command: HTML = """
        <p>A passphrase crosses no network in plain text: open this page over HTTPS, or use the command on the box:</p>
        <pre tabindex="0">sprout backup restore FILE</pre>
        """
}
