import Model

/// How the installer is told its disks, so that it can only find those.
enum ChosenDisks: Equatable {
    /// The kernel's names with their path: the installer compares the end of a path, and `a` alone is also sda.
    case names([String])
    /// Properties of udev, any of which may match. The installer's other way, all of them, also takes disks that lack
    /// a property.
    case filter([Condition])

    struct Condition: Equatable {
        let property: String
        let pattern: DiskPattern
    }

    func matches(_ disk: MachineDisk) -> Bool {
        switch self {
        case .names(let names): names.contains(disk.name)
        case .filter(let conditions):
            conditions.contains { condition in
                disk.properties[condition.property].map(condition.pattern.matches) ?? false
            }
        }
    }
}

/// A word that is looked for in a property of a disk.
///
/// Where people see blanks and commas, udev has underscores, or not: such a place is left open, one character wide.
struct DiskPattern: Equatable {
    let glob: String

    /// Nil if the word has something in it that would be a pattern, or is nothing but open places.
    init?(_ word: String) {
        guard (1...100).contains(word.unicodeScalars.count), !word.contains(where: { "*?[]".contains($0) }) else {
            return nil
        }
        glob = String(word.unicodeScalars.map { Self.isPlain($0) ? Character($0) : "?" })
        if glob.allSatisfy({ $0 == "?" }) { return nil }
    }

    func matches(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return scalars.count == glob.unicodeScalars.count
            && zip(scalars, glob.unicodeScalars).allSatisfy { $1 == "?" || $0 == $1 }
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "#+-.:=@_".unicodeScalars.contains(scalar))
    }
}
