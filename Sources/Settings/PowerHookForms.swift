internal import Model
internal import YAML

/// How a host is switched by addresses: one line for each, or a map that says more of the request.
extension PowerHooks {
    static let keys = ["kind", "on_url", "off_url", "on", "off", "status", "secret_name"]

    init?(_ section: Section) {
        let on = section.hook("on")
        if on == nil, section.entry("on") == nil { _ = section.demand("on_url", allowed: Form.webTemplate.allowed) }
        let off = section.hook("off")
        let status = PowerStatusHook(section)
        let secretName = section.value("secret_name", .secretName)
        guard let on else { return nil }
        self.init(on: on, off: off, status: status, secretName: secretName)
        if placesSecret, section.entry("secret_name") == nil {
            let refusal = Refusal(message: "is needed: \(Self.secretMark) stands for it")
            section.mistakes.note(
                section.child("secret_name"), at: section.mark, refusal, allowed: Form.secretName.allowed)
        }
    }
}

extension PowerStatusHook {
    fileprivate init?(_ section: Section) {
        guard let entry = section.entry("status"), !entry.value.isNull else { return nil }
        let map = section.section(entry).knowing(["url", "method", "body", "headers", "key", "on", "off"])
        let (hook, key) = (PowerHook(map), map.required("key", .jsonPath))
        let (on, off) = (map.value("on", .line(upTo: 60)), map.value("off", .line(upTo: 60)))
        guard let hook, let key else { return nil }
        self.init(hook, key: key, on: on ?? "true", off: off ?? "false")
    }
}

extension PowerHook {
    fileprivate init?(_ map: Section) {
        guard let url = map.required("url", .webTemplate) else { return nil }
        self.init(url: url)
        method = map.value("method", .choice)
        body = map.value("body", .body)
        guard let entry = map.entry("headers") else { return }
        let fields = map.section(entry)
        for pair in fields.entries where fields.demand(pair, allowed: Form.header.allowed) {
            headers[pair.key.text] = fields.header(pair)
        }
    }
}

extension Section {
    /// What stands below `on`, or as `on_url`; both would contradict each other.
    fileprivate func hook(_ name: String) -> PowerHook? {
        guard let entry = entry(name), !entry.value.isNull else {
            return value("\(name)_url", .webTemplate).map { PowerHook(url: $0) }
        }
        if let other = self.entry("\(name)_url") {
            let refusal = Refusal(message: "is given twice: \(name) has an address of its own")
            mistakes.note(child("\(name)_url"), at: other.key.mark, refusal)
        }
        return PowerHook(section(entry).knowing(["url", "method", "body", "headers"]))
    }

    /// A field of the request's head; what is there to prove who asks is a secret, and stands in no file.
    fileprivate func header(_ pair: Node.Entry) -> String? {
        let name = pair.key.text
        let isName = name.wholeMatch(of: /[A-Za-z0-9-]{1,60}/) != nil
        if !isName {
            mistakes.note(
                child(pair.key.excerpt), at: pair.key.mark, Refusal(message: "no field of a request has this name"))
        }
        guard let value = read(pair, .header) else { return nil }
        let words = ["authorization", "cookie", "key", "passwd", "password", "secret", "token"]
        if words.contains(where: name.lowercased().contains), !value.contains(PowerHooks.secretMark) {
            let refusal = Refusal(
                message: "secrets are never in YAML: write \(PowerHooks.secretMark) here, and name it with secret_name",
                isSecret: true)
            mistakes.note(child(pair.key.excerpt), at: pair.value.mark, refusal)
        }
        return value
    }
}

extension Form<String> {
    fileprivate static var header: Self { line(upTo: 1000) }

    fileprivate static var body: Self {
        Form(allowed: "up to 4000 bytes of text") { (scalar) throws(Refusal) in
            guard scalar.text.utf8.count <= 4000 else { throw Refusal() }
            return scalar.text
        }
    }

    fileprivate static var jsonPath: Self {
        text("where it stands in the answer's JSON: keys with dots between, such as result.leds.power") { text in
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count <= 10 && parts.allSatisfy { !$0.isEmpty } && text.utf8.count <= 200 ? text : nil
        }
    }
}
