import Control
import HTTP
import Model
import Store

/// All that was done with hosts, the latest first, page by page.
extension Site {
    func operationsPage(_ request: Request) async throws -> Response {
        let newest = try await store.newestEventID()
        let show = try request.choice("outcome", of: OperationOutcome.allCases) ?? .all
        let before = request.query["after"]
        let filter = OperationFilter(outcome: show == .all ? nil : show.rawValue)
        let found = try await store.operations(filter, after: before, limit: Self.operationsShown + 1)
        let (hosts, _) = try await store.snapshot()
        let names = Dictionary(hosts.map { ($0.id, $0.hostname) }) { $1 }
        let records = Array(found.prefix(Self.operationsShown))
        let list = OperationList(records: records, names: names)
        let main: HTML = """
            <nav aria-label="Way back"><a class="back" href="/timeline">Events</a></nav>
            <div class="host"><h1>All operations</h1>
            <nav class="ways" aria-label="How they ended">\(OperationOutcome.allCases.map { $0.link(isShown: $0 == show) })</nav>
            <div data-fresh="operations" data-on="host.advanced host.removed">
            \(list.html ?? "<p class=\"empty\">There is none like that.</p>")</div>
            \(found.count > records.count ? records.last.map { show.older(than: $0.operation.id) } : nil)</div>
            """
        return Frame("Operations", in: .events, newestEvent: newest, tally: try await Tally(store))
            .page(main, status: 200)
    }

    private static let operationsShown = 50
}

/// How operations ended, as they are looked for.
private enum OperationOutcome: String, CaseIterable {
    case all
    case underWay = "under_way"
    case ready, failed
    case registered

    private var name: String {
        switch self {
        case .all: "all"
        case .underWay: "under way"
        case .ready: "ready"
        case .failed: "failed"
        case .registered: "stopped in time"
        }
    }

    func link(isShown: Bool) -> HTML {
        "<a href=\"/ops?outcome=\(rawValue)\" \(isShown ? "aria-current=\"page\"" : "" as HTML)>\(name)</a> "
    }

    func older(than id: String) -> HTML {
        "<p><a class=\"button plain\" rel=\"next\" href=\"/ops?outcome=\(rawValue)&amp;after=\(id)\">Older</a></p>"
    }
}
