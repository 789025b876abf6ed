import Control
import Model

/// What a rehearsal has shown, as a table or as JSON.
struct RehearsalReport: Sendable {
    let playbill: RehearsalStage.Playbill

    private var rows: [RehearsalBoard.Row] { playbill.rows }

    var failures: Int { rows.count { $0.outcome?.isGood != true } }

    /// For each host what each part took, in seconds, and how it ended.
    var table: String {
        let head =
            ["HOST"] + RehearsalBoard.Mark.allCases.map { $0.rawValue.uppercased() } + ["TOTAL", "SPROUT", "OUTCOME"]
        let lines = rows.map { row in
            let parts = Self.parts(row).map { part in part.map(Self.seconds) ?? "-" }
            return ["\(row.host.hostname)"] + parts
                + [Self.seconds(row.total), Self.seconds(row.overhead), Terminal.harmless(Self.outcome(row))]
        }
        return Terminal.table([head] + lines)
    }

    func json() throws -> String {
        let hosts = rows.map { row in
            let parts = zip(RehearsalBoard.Mark.allCases, Self.parts(row)).compactMap { mark, part in
                part.map { (String(mark.rawValue.map { $0 == " " ? "_" : $0 }), $0 / .seconds(1)) }
            }
            return HostResult(
                hostname: "\(row.host.hostname)", id: row.host.id, mac: "\(row.host.mac)",
                isGood: row.outcome?.isGood == true, outcome: Self.outcome(row), screen: row.screen,
                seconds: Dictionary(parts) { $1 }, total: row.total / .seconds(1),
                sprout: row.overhead / .seconds(1))
        }
        let document = Document(
            image: playbill.image.id, type: playbill.type.key, isGood: failures == 0, hosts: hosts)
        return String(decoding: try JSON.encode(document), as: UTF8.self)
    }

    private static func outcome(_ row: RehearsalBoard.Row) -> String { row.outcome?.sentence ?? "it did not end" }

    /// How long after the mark before it each was reached.
    private static func parts(_ row: RehearsalBoard.Row) -> [Duration?] {
        var last = Duration.zero
        return RehearsalBoard.Mark.allCases.map { mark in
            guard let time = row.marks[mark] else { return nil }
            defer { last = time }
            return time - last
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let tenths = Int(duration / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10)"
    }

    private struct Document: Encodable {
        let image: String
        let type: String
        let isGood: Bool
        let hosts: [HostResult]

        enum CodingKeys: String, CodingKey {
            case image, hosts
            case type = "server_type"
            case isGood = "good"
        }
    }

    private struct HostResult: Encodable {
        let hostname: String
        let id: String
        let mac: String
        let isGood: Bool
        let outcome: String
        let screen: String?
        let seconds: [String: Double]
        let total: Double
        /// What of the total neither the machine needed itself, nor others that were joined first.
        let sprout: Double

        enum CodingKeys: String, CodingKey {
            case hostname, id, mac, outcome, screen, seconds, total, sprout
            case isGood = "good"
        }
    }
}
