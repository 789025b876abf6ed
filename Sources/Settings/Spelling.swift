/// Guesses which of the allowed words was meant.
enum Spelling {
    /// The word that `text` is most likely a slip of the finger, or a part, of.
    static func nearest(to text: String, in words: [String]) -> String? {
        let text = text.lowercased()
        guard text.utf8.count <= longest else { return nil }
        if let same = words.first(where: { letters($0) == letters(text) }) { return same }
        let ranked = words.map { (word: $0, distance: distance(Array(text.utf8), Array($0.utf8))) }
        if let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(1, best.word.utf8.count / 4) {
            return best.word
        }
        return words.first { $0.split(separator: "_").contains(text[...]) }
    }

    /// The words as a person lists them: "a, b or c".
    static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }

    private static func letters(_ word: String) -> String { word.filter { $0 != "-" && $0 != "_" } }

    private static let longest = 40

    /// How many letters were inserted, left out, changed, or swapped with their neighbour.
    private static func distance(_ from: [UInt8], _ to: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...to.count)
        for (row, letter) in from.enumerated() {
            var current = [row + 1]
            for (column, other) in to.enumerated() {
                var cost = min(last[column] + (letter == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == to[column - 1], from[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[to.count]
    }
}
