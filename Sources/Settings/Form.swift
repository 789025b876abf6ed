internal import YAML

/// What the text of a value may look like: in words for a person, and as the code that reads it.
struct Form<Value> {
    let allowed: String
    let read: (Scalar) throws(Refusal) -> Value
}

/// Why a value was not read, where "found this, allowed is that" is not enough.
struct Refusal: Error {
    var message: String?
    var suggestion: String?
    /// A value that may be a secret is not repeated in a message.
    var isSecret = false
}

extension Form {
    /// Text that `parse` can make something of; `hint` sees the text that it cannot.
    static func text(
        _ allowed: String,
        hint: @escaping (String) -> String? = { _ in nil },
        parse: @escaping (String) -> Value?
    ) -> Self {
        Form(allowed: allowed) { (scalar) throws(Refusal) in
            guard let value = parse(scalar.text) else { throw Refusal(suggestion: hint(scalar.text)) }
            return value
        }
    }

    /// One word of a list.
    static func choice(_ words: [String], _ meaning: @escaping (String) -> Value?) -> Self {
        text(Spelling.list(words), hint: { Spelling.nearest(to: $0, in: words) }, parse: meaning)
    }
}

extension Form where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One word of an enumeration.
    static var choice: Self { choice(Value.allCases.map(\.rawValue), Value.init(rawValue:)) }
}

extension Form<Bool> {
    /// Only `true` and `false`: YAML 1.1 has eleven more spellings, and `no` is also a country.
    static var flag: Self {
        Form(allowed: "true or false") { (scalar) throws(Refusal) in
            let word = scalar.text.lowercased()
            let meaning = meanings[word]
            if let meaning, !scalar.isPlain {
                throw Refusal(message: "which in quotes is text", suggestion: "\(meaning) without quotes")
            }
            guard let meaning, word == "true" || word == "false" else {
                let nearest = Spelling.nearest(to: word, in: ["true", "false"])
                throw Refusal(suggestion: meaning.map(\.description) ?? nearest)
            }
            return meaning
        }
    }

    private static var meanings: [String: Bool] {
        [
            "true": true, "yes": true, "y": true, "on": true, "1": true,
            "false": false, "no": false, "n": false, "off": false, "0": false,
        ]
    }
}

extension Form<String> {
    /// Words for a person to read.
    static var title: Self { line(upTo: 60) }

    /// One line of text.
    static func line(upTo length: Int) -> Self {
        Form(allowed: "1 to \(length) printable characters") { (scalar) throws(Refusal) in
            guard scalar.isPrintable, (1...length).contains(scalar.text.unicodeScalars.count) else { throw Refusal() }
            return scalar.text
        }
    }

    /// The name under which a secret was sealed; the secret itself may stand there by mistake, so it is not repeated.
    static var secretName: Self {
        Form(allowed: "the NAME of sprout secrets set NAME: lower-case letters, digits, - and _") {
            (scalar) throws(Refusal) in
            if ShortName.isValid(scalar.text) { return scalar.text }
            throw Refusal(message: "this is no secret's name", isSecret: true)
        }
    }

    /// The beginning of a host name, to which a number is added.
    static var hostnamePrefix: Self {
        text(
            "a letter, then lower-case letters, digits and -, up to 50 together, such as pve-ms-",
            hint: { text in
                let repaired = String(text.lowercased().map { $0 == "_" || $0 == " " || $0 == "." ? "-" : $0 })
                return ShortName.isHostnamePrefix(repaired) ? repaired : nil
            },
            parse: { ShortName.isHostnamePrefix($0) ? $0 : nil }
        )
    }
}
