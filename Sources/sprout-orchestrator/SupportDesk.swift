import Control
import Glibc
import HTTP
import Ledger
import Linux
import Model
import Systemd

/// Has collected what somebody who helps needs to see: by sprout-support, which may read the journal, and has no power
/// over the machine.
actor SupportDesk: Service {
    private let desk: Desk
    private let folder: String?
    private let reactor: Reactor
    private var problem: String?
    private let wishes: AsyncStream<Void>
    private let wished: AsyncStream<Void>.Continuation

    init(_ desk: Desk, folder: String?, _ reactor: Reactor) {
        (self.desk, self.folder, self.reactor) = (desk, folder, reactor)
        (wishes, wished) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    nonisolated var routes: [Routes.Route] {
        [
            .get("/box/support") { _ in try .json(await self.report()) },
            .post("/box/support") { request in try .json(try await self.collect(request), status: 202) },
        ]
    }

    /// From the wish until it is known what became of it.
    private var isAwaited = false

    private func report() -> SupportReport {
        guard let folder else { return SupportReport(obstacle: Self.obstacle) }
        guard !isAwaited, !Files.exists(Self.wish(folder)) else { return SupportReport(isUnderWay: true) }
        guard let file = try? File(Self.bundle(folder)) else { return SupportReport(problem: problem) }
        return SupportReport(
            collectedAt: Timestamp(milliseconds: file.modified / 1_000_000), size: Int64(file.size))
    }

    /// Who asks while it is under way has it with who asked first.
    private func collect(_ request: Request) async throws -> SupportReport {
        guard let folder else { throw Problem(409, Self.obstacle) }
        guard !Files.exists(Self.wish(folder)) else { return report() }
        let author = desk.author(request)
        let sentence = "What whoever helps needs to see is being collected."
        try await desk.commit(request) { try await desk.ledger.record(.supportRequested, sentence, by: author) }
        Journal.log(
            .notice, "\(author.actor): \(sentence)",
            ["SPROUT_EVENT": Event.Kind.supportRequested.rawValue, "SPROUT_REQUEST": request.id ?? ""])
        problem = nil
        unlink(Self.bundle(folder))
        do {
            try Files.write(request.id ?? "", to: Self.wish(folder), mode: 0o600)
        } catch {
            throw Problem(507, "The wish cannot be written to \(folder): \(error).")
        }
        isAwaited = true
        wished.yield()
        return report()
    }

    func run() async throws {
        guard let folder else { return try await reactor.sleep(for: .seconds(365 * 24 * 3600)) }
        if Files.exists(Self.wish(folder)) { wished.yield() }
        for await _ in wishes { try await awaitEnd(in: folder) }
        try Task.checkCancellation()
    }

    private func awaitEnd(in folder: String) async throws {
        let wish = Self.wish(folder)
        let id = (try? Files.text(wish)) ?? ""
        let deadline = Reactor.Deadline.now + Self.patience
        while Files.exists(wish), .now < deadline { try await reactor.sleep(for: .milliseconds(200)) }
        if Files.exists(wish) {
            unlink(wish)
            problem = "sprout-support did not begin, or came to no end: systemctl status sprout-support says why."
        } else if !Files.exists(Self.bundle(folder)) {
            problem = "sprout-support could not collect it: journalctl -u sprout-support says why."
        }
        isAwaited = false
        let author = Ledger.Author(actor: "sprout-support", request: "\(id)-ended")
        let (kind, sentence) =
            problem.map { (Event.Kind.supportFailed, "Nothing was collected for whoever helps: \($0)") }
            ?? (.supportCollected, "What whoever helps needs to see is collected.")
        try await desk.commit { try await desk.ledger.record(kind, sentence, by: author) }
    }

    private static func wish(_ folder: String) -> String { "\(folder)/wish" }

    private static func bundle(_ folder: String) -> String { "\(folder)/\(SupportReport.fileName)" }

    /// Longer than the unit may take.
    private static let patience = Duration.seconds(320)
    private static let obstacle =
        "Under `sprout up` nothing is collected from afar: run sprout support FILE --state DIR where it runs."
}
