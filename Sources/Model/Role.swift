/// What somebody may do: a viewer looks, an operator works with hosts, an admin decides who is let in and trusted.
public enum Role: String, CaseIterable, Comparable, Sendable, Codable {
    case viewer, `operator`, admin

    public static func < (one: Role, other: Role) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }

    /// Why a word is no role.
    public static func named(_ word: String) throws(Refused) -> Role {
        if let role = Role(rawValue: word) { return role }
        throw Refused(
            .invalid, "\"\(word.prefix(40))\" is no role: there are viewer, operator and admin.", field: "role")
    }
}
