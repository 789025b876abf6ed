internal import Fetch
internal import Model

/// What a controller is shown so that it obeys, and under which name it is kept.
struct Secret: Sendable {
    private let text: String?
    private let name: String?

    init(_ text: String?, name: String?) { (self.text, self.name) = (text, name) }

    /// As people say how it is put right.
    var remedy: String {
        name.map { "Store the right one with: sprout secrets set \($0)" }
            ?? "Name the secret that it wants with secret_name in server-types.yaml"
    }

    /// A user and a password, where it has that form.
    var login: Exchange.Login? {
        guard let text, let colon = text.firstIndex(of: ":"), colon != text.startIndex else { return nil }
        return Exchange.Login(user: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
    }

    /// A token, where it is no user and password.
    var token: String? { login == nil ? text : nil }

    /// A text in which it stands where it is to be shown; in a URL with whatever means something there escaped.
    func filled(into template: String, isEscaped: Bool) throws(Obstacle) -> String {
        guard template.contains(PowerHooks.secretMark) else { return template }
        guard let text else {
            throw Obstacle(
                "its secret \(name ?? "") is not stored", "Store it with: sprout secrets set \(name ?? "NAME")")
        }
        return template.replacing(PowerHooks.secretMark, with: isEscaped ? Self.escaped(text) : text)
    }

    /// For a value in a query (RFC 3986, 2.3).
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            if character.isASCII, character.isLetter || character.isNumber || "-._~".contains(character) {
                return String(character)
            }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    /// Why it is no user and password, for those who need one.
    func demandLogin() throws(Obstacle) {
        guard let name, login == nil else { return }
        throw text == nil
            ? Obstacle("its secret \(name) is not stored", "Store user:password with: sprout secrets set \(name)")
            : Obstacle(
                "its secret \(name) is not of the form user:password",
                "Store user:password with: sprout secrets set \(name)")
    }

    /// What a controller says, without what it may have quoted of the secret, on one line that controls no terminal.
    func hidden(in words: String) -> String {
        let harmless = words.unicodeScalars.prefix(300).map { $0.properties.generalCategory == .control ? " " : $0 }
        var result = String(String.UnicodeScalarView(harmless))
        for part in [text, login?.password].compactMap(\.self) where part.utf8.count > 2 {
            result = result.replacing(part, with: "…")
        }
        return result
    }
}
