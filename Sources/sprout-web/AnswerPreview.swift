import Control
import HTTP
import Linux
import Model
import Recipes
import Store

extension Site {
    /// `GET /api/hosts/{id}/answer?release=`: what the installer would be told, with its secrets hidden.
    ///
    /// What the installer would refuse is told here, before anything is armed.
    func answerPreview(_ request: Request) async throws -> Response {
        let host = try await host(request)
        let server = HTTPOrigin.text(try await ownAddress(request), port: Surroundings().httpPort)
        let callbacks = AnswerPlan.Callbacks(
            installed: "\(server)/api/hosts/\(host.id)/installed",
            firstBoot: "\(server)/api/hosts/\(host.id)/first-boot-script", token: "the-token-of-an-operation")
        let type = try await serverType(of: host)
        var release = try await store.images().first?.release ?? "\(InstallerRelease.newest)"
        if let wish = request.query["release"] { release = wish }
        do {
            let machine = SystemInformation(expecting: host, type.managementNIC, release: release)
            var wish = AnswerRequest(machine, host, type, try await store.installation(), callbacks: callbacks)
            // Only that there is one is shown; which, the daemons that the network reaches do not know.
            wish.rootPasswordHash = try PasswordHash(Self.someHash)
            let answer = try Answer(try AnswerPlan(wish))
            return try .json(AnswerShown(release: release, preview: answer.preview, cautions: answer.cautions))
        } catch let problems as AnswerProblems {
            throw Problem(422, problems.all.map { "\($0)" }.joined(separator: " "), field: problems.all.first?.field)
        } catch let problem as AnswerProblem {
            throw Problem(422, "\(problem)", field: problem.field)
        }
    }

    private func serverType(of host: Host) async throws -> ServerType {
        if let type = try await store.serverType(of: host) { return type }
        throw Problem(
            422, "\(host.hostname) is a \(host.serverType), which is no server type in force any more: choose another.",
            field: "server_type")
    }

    private static let someHash = "$6$aaaaaaaaaaaaaaaa$" + String(repeating: "a", count: 86)
}

private struct AnswerShown: Encodable {
    let release: String
    let preview: String
    let cautions: [String]
}
