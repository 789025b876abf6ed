/// What somebody may do: a viewer looks, an operator works with hosts, an admin decides who is let in and trusted.
///
/// A wall is a screen that everybody passes: it shows how hosts are, and nothing else.
public enum Role: String, CaseIterable, Comparable, Sendable, Codable {
    case wall, viewer, `operator`, admin

    /// Nobody signs in as a wall: what a screen has is a token.
    public static let ofUsers: [Role] = [.viewer, .operator, .admin]

    public static func < (one: Role, other: Role) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .wall: 0
        case .viewer: 1
        case .operator: 2
        case .admin: 3
        }
    }

    /// Why a word is no role of a user.
    public static func ofUser(named word: String) throws(Refused) -> Role {
        if let role = Role(rawValue: word), ofUsers.contains(role) { return role }
        throw Refused(
            .invalid, "\"\(word.prefix(40))\" is no role of a user: there are viewer, operator and admin.",
            field: "role")
    }

    /// Why a word is no role.
    public static func named(_ word: String) throws(Refused) -> Role {
        if let role = Role(rawValue: word) { return role }
        throw Refused(
            .invalid, "\"\(word.prefix(40))\" is no role: there are wall, viewer, operator and admin.", field: "role")
    }
}
