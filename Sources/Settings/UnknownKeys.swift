internal import YAML

extension Section {
    /// The same section, after every key that is not one of `keys` was noted.
    func knowing(_ keys: [String]) -> Section {
        for entry in entries where !keys.contains(entry.key.text) {
            let refusal = Self.refusal(entry.key.text, keys)
            let allowed = keys.joined(separator: ", ")
            mistakes.note(child(entry.key.excerpt), at: entry.key.mark, refusal, allowed: allowed)
        }
        return self
    }

    private static func refusal(_ key: String, _ keys: [String]) -> Refusal {
        let nearest = Spelling.nearest(to: key, in: keys)
        guard nearest == nil, isSecret(key) else { return Refusal(message: "no such key here", suggestion: nearest) }
        return Refusal(message: "secrets are never in YAML: sprout secrets set NAME")
    }

    private static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return secretWords.contains { key.contains($0) }
    }

    private static let secretWords = [
        "apikey", "api_key", "credential", "passphrase", "passwd", "password", "private_key", "secret", "token",
    ]
}

extension Mistakes {
    /// Notes that a value is of another shape than it must be.
    func note(_ key: String, not allowed: String, _ node: Node) {
        switch node.kind {
        case .scalar(let scalar): note(key, at: node.mark, found: scalar.excerpt, allowed: allowed)
        case .sequence: note(key, at: node.mark, Refusal(message: "this is a list"), allowed: allowed)
        case .mapping: note(key, at: node.mark, Refusal(message: "this is a map of keys"), allowed: allowed)
        }
    }
}

extension Node {
    var isNull: Bool {
        guard case .scalar(let scalar) = kind else { return false }
        return scalar.isNull
    }
}
