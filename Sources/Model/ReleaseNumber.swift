/// The number of a release, as in `1.10.2`: its parts count as numbers.
public struct ReleaseNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String
    private let parts: [Int]

    /// Nil where the text is none: it becomes part of the names of files and partitions.
    public init?(_ text: String) {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        let parts = words.compactMap { $0.allSatisfy { ("0"..."9").contains($0) } ? Int($0) : nil }
        guard (1...4).contains(parts.count), parts.count == words.count, text.utf8.count <= 24 else { return nil }
        self.parts = parts
        description = text
    }

    public static func == (one: Self, other: Self) -> Bool { !(one < other) && !(other < one) }

    public static func < (one: Self, other: Self) -> Bool {
        for index in 0..<4 where one[index] != other[index] { return one[index] < other[index] }
        return false
    }

    public func hash(into hasher: inout Hasher) {
        for index in 0..<4 { hasher.combine(self[index]) }
    }

    private subscript(index: Int) -> Int { index < parts.count ? parts[index] : 0 }
}
