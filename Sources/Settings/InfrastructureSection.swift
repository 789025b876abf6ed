internal import YAML

/// The section infrastructure: which inventory is told of the hosts.
extension Provisioning.Infrastructure {
    static let keys = ["base_url", "kind", "server_type_map", "site", "role", "fingerprint"]

    init(_ section: Section) {
        kind = section.value("kind", .choice) ?? kind
        baseURL = section.value("base_url", .base)
        site = section.value("site", .slug)
        role = section.value("role", .slug)
        fingerprint = section.value("fingerprint", .fingerprint)
        if kind != .none {
            let message = "is needed when infrastructure.kind is \(kind.rawValue)"
            section.need("base_url", .base, because: "kind", message)
            for key in kind == .netbox ? ["site", "role"] : [] { section.need(key, .slug, because: "kind", message) }
        }
        guard let entry = section.entry("server_type_map") else { return }
        let map = section.section(entry)
        let form = Form.title
        for pair in map.entriesByServerType where map.demand(pair, allowed: form.allowed) {
            serverTypeMap[pair.key.text] = map.read(pair, form)
        }
    }
}

extension Form<String> {
    /// The name of something in NetBox as its URLs have it.
    fileprivate static var slug: Self {
        text(
            "its slug in NetBox: letters, digits, - and _, such as home-lab",
            hint: { text in
                let repaired = String(text.lowercased().map { $0 == " " || $0 == "." ? "-" : $0 })
                return isSlug(repaired) ? repaired : nil
            },
            parse: { isSlug($0) ? $0 : nil }
        )
    }

    private static func isSlug(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
}
