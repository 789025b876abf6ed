internal import FoundationEssentials
internal import Model

/// What the answer of something that switches tells of the power.
struct HookStatus {
    let hook: PowerStatusHook

    /// Nil where the answer has no such place, or is no JSON.
    func state(in answer: [UInt8]) -> PowerState? {
        guard let tree = try? JSONDecoder().decode(JSONTree.self, from: Data(answer)),
            let word = tree.word(at: hook.key)?.lowercased()
        else { return nil }
        if word == hook.on.lowercased() { return .on }
        return word == hook.off.lowercased() ? .off : .unknown
    }
}

/// JSON of any shape, of which one word is wanted.
enum JSONTree: Decodable {
    case object([String: JSONTree])
    case list([JSONTree])
    case word(String)

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let object = try? value.decode([String: JSONTree].self) {
            self = .object(object)
        } else if let list = try? value.decode([JSONTree].self) {
            self = .list(list)
        } else if let flag = try? value.decode(Bool.self) {
            self = .word(flag ? "true" : "false")
        } else if let number = try? value.decode(Int.self) {
            self = .word("\(number)")
        } else if let number = try? value.decode(Double.self) {
            self = .word("\(number)")
        } else if value.decodeNil() {
            self = .word("null")
        } else {
            self = .word(try value.decode(String.self))
        }
    }

    /// Keys with dots between; a key that has a dot itself is found too.
    func word(at path: String) -> String? {
        switch self {
        case .word(let word): return path.isEmpty ? word : nil
        case .list(let items):
            let (first, rest) = Self.parts(of: path)
            guard let place = Int(first), items.indices.contains(place) else { return nil }
            return items[place].word(at: rest)
        case .object(let object):
            if let value = object[path] { return value.word(at: "") }
            let (first, rest) = Self.parts(of: path)
            return object[first]?.word(at: rest)
        }
    }

    private static func parts(of path: String) -> (first: String, rest: String) {
        let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }
}
