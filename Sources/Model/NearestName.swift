extension String {
    /// The name that this was most likely meant to be; nil where none is near.
    public func nearest(of names: [String]) -> String? {
        guard utf8.count <= 64 else { return nil }
        let ranked = names.map { (name: $0, distance: distance(to: $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, utf8.count / 3) ? best.name : nil
    }

    /// How many bytes have to be added, removed or replaced.
    private func distance(to other: String) -> Int {
        let target = Array(other.lowercased().utf8)
        var row = Array(0...target.count)
        for (line, byte) in lowercased().utf8.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, wanted) in target.enumerated() {
                let replaced = diagonal + (byte == wanted ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[target.count]
    }
}
