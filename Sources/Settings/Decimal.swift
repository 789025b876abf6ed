/// Reads decimal numbers strictly: no sign, no leading zero.
enum Decimal {
    static func read(_ text: Substring, upTo highest: Int) -> Int? {
        guard let value = Int(text), (0...highest).contains(value), String(value) == text else { return nil }
        return value
    }
}
