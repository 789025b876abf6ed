import Control
import Crypto
import HTTP
import Linux
import Model

/// Who asks, by what has let them in, and from where.
struct Caller: Sendable {
    enum Identity: Sendable {
        case nobody
        /// Somebody who may open the box's own socket: root, or a member of the group sprout.
        case onBox(String)
        case user(User, WebSession, cookie: String)
        case token(APIToken)
    }

    let identity: Identity
    let address: String
    /// Whether nobody on the way can read along: the request came over TLS, or did not leave the box.
    let isPrivate: Bool

    /// Who is being answered by this task.
    @TaskLocal static var current = Caller(identity: .nobody, address: "", isPrivate: false)

    var role: Role? {
        switch identity {
        case .nobody: nil
        case .onBox: .admin
        case .user(let user, _, _): user.role
        case .token(let token): token.role
        }
    }

    var name: String {
        switch identity {
        case .nobody: "nobody"
        case .onBox(let name): name
        case .user(let user, _, _): "\(user.name)"
        case .token(let token): "the token \(token.name)"
        }
    }

    /// As events name who caused them.
    var actor: String {
        if case .onBox = identity { return "\(name) on the box through sprout-web" }
        return "\(name) at \(address) through sprout-web"
    }

    var user: (user: User, session: WebSession, cookie: String)? {
        guard case .user(let user, let session, let cookie) = identity else { return nil }
        return (user, session, cookie)
    }

    /// What a page of this session knows, and a page of another site cannot: it proves where a form was sent from.
    var proof: String? { user.map { Digest.sha256("form \($0.cookie)").hexadecimal } }
}

extension Caller {
    /// Refuses what a page of another site could have made this browser send.
    ///
    /// Only a session needs the proof: no browser sends a token, or opens a Unix socket, by itself.
    func refuseForgery(_ request: Request) throws {
        guard let proof, request.method != "GET", request.method != "HEAD" else { return }
        var shown = request.headers["x-csrf-token"]
        if shown == nil, request.headers["content-type"]?.hasPrefix("application/x-www-form-urlencoded") == true {
            shown = try Percent.form(String(decoding: request.body, as: UTF8.self)[...])["csrf"]
        }
        guard let shown, Array(shown.utf8).isEqual(inConstantTime: Array(proof.utf8)) else {
            throw Problem(
                403, "This was not sent by a page of your session. Load the page again, and repeat what you did.")
        }
    }

    /// Refuses what must cross no network in plain text, with what can happen there and how it is done instead.
    func refusePlainText(where risk: String, _ remedy: String, orBy command: String) throws {
        guard !isPrivate else { return }
        throw Problem(
            403,
            "This came over plain HTTP, where \(risk). \(remedy) over TLS, or on the box itself: \(command), through its"
                + " socket or with --state.")
    }

    /// A page with the proof in each of its forms.
    ///
    /// What stands in a page as text has no `<` of its own, and no `>` stands in a tag: `HTML` sees to both.
    func proving(_ page: String) -> String {
        guard let proof else { return page }
        let field = Array("<input type=\"hidden\" name=\"csrf\" value=\"\(proof)\">".utf8)
        let (bytes, start) = (Array(page.utf8), Array("<form method=\"post\"".utf8))
        var (result, isInTag): ([UInt8], Bool) = ([], false)
        result.reserveCapacity(bytes.count + 20 * field.count)
        for index in bytes.indices {
            result.append(bytes[index])
            if bytes[index] == start[0], bytes[index...].starts(with: start) { isInTag = true }
            guard isInTag, bytes[index] == UInt8(ascii: ">") else { continue }
            result += field
            isInTag = false
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// A piece of a page, for those who may do what it is for.
func allowed(_ role: Role, _ html: HTML?) -> HTML? {
    guard let own = Caller.current.role, own >= role else { return nil }
    return html
}
