import Control
import Crypto
import Model

/// The body of `POST /access/setup`; the address is where the person's browser asks from.
struct Claim: StrictBody {
    let code, name, password, address: String

    enum CodingKeys: CodingKey, CaseIterable { case code, name, password, address }
}

/// The body of `POST /access/sign-in`.
struct SignIn: StrictBody {
    let name, password, address: String

    enum CodingKeys: CodingKey, CaseIterable { case name, password, address }
}

/// The body of `POST /access/sign-out`.
struct SignOut: StrictBody {
    let session: String
    let everywhere: Bool

    enum CodingKeys: CodingKey, CaseIterable { case session, everywhere }
}

/// The body of `POST /access/password`.
struct PasswordChange: StrictBody {
    let name, current, new, address: String

    enum CodingKeys: CodingKey, CaseIterable { case name, current, new, address }
}

/// The body of `POST /users`, with the password or with its hash.
struct NewUser: StrictBody {
    let name, role: String
    let password, passwordHash: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, role, password
        case passwordHash = "password_hash"
    }
}

/// The body of `PATCH /users/{name}`.
struct UserChange: StrictBody {
    let role, password: String?

    enum CodingKeys: CodingKey, CaseIterable { case role, password }
}

/// The body of `POST /tokens`.
struct NewToken: StrictBody {
    let name, role: String
    let days: Int?

    enum CodingKeys: CodingKey, CaseIterable { case name, role, days }
}

/// A token with what is known of it, told once.
struct MadeToken: Encodable {
    let token: String
    let entry: APIToken

    enum CodingKeys: CodingKey { case token }

    func encode(to encoder: any Encoder) throws {
        try entry.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(token, forKey: .token)
    }
}

/// What makes the first user: short enough to be typed from another screen, and guessed at slowly.
struct SetupCode {
    let text: String

    /// Eight of 32 characters, none of which is taken for another.
    init() {
        let letters = SecureRandom.bytes(8).map { Self.alphabet[Int($0 & 31)] }
        text = "\(String(letters.prefix(4)))-\(String(letters.suffix(4)))"
    }

    /// As somebody typed it: in small letters, without the hyphen, with an O for a 0.
    init(typed: String) {
        let letters = typed.prefix(40).uppercased().compactMap { letter -> Character? in
            switch letter {
            case "O": "0"
            case "I", "L": "1"
            case let other: Self.alphabet.contains(other) ? other : nil
            }
        }
        text = "\(String(letters.prefix(4)))-\(String(letters.dropFirst(4)))"
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
}
