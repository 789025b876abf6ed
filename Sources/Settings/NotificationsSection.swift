internal import Model
internal import YAML

/// The list notifications: who is told what becomes of hosts.
extension Provisioning.NotificationTarget {
    private static let keys = ["kind", "url", "secret", "on", "fingerprint"]

    static func all(in root: Section) -> [Self] {
        var targets: [Self] = []
        for section in root.elements(of: "notifications", allowed: "a list of targets, each with its kind and its url")
        {
            guard let target = Self(section.knowing(keys)) else { continue }
            if targets.contains(where: { $0.kind == target.kind && $0.url == target.url }) {
                let refusal = Refusal(message: "which is in the list already: it would be told twice")
                section.mistakes.note(
                    section.child("url"), at: section.place("url"), found: "\(target.url)", refusal)
            }
            targets.append(target)
        }
        return targets
    }

    private init?(_ section: Section) {
        let kind = section.required("kind", Form<Kind>.choice)
        let url = section.required("url", kind == .ntfy ? .topic : .webAddress)
        let secret = section.value("secret", .secretName)
        let fingerprint = section.value("fingerprint", .fingerprint)
        let occasions = section.values("on", Form<NoticeKind>.choice)
        guard let kind, let url else { return nil }
        self.init(kind: kind, url: url, secretName: secret, fingerprint: fingerprint)
        if let occasions { self.occasions = Set(occasions) }
    }
}
