import Foundation

/// The messages in Tests/Fixtures/dhcp: bytes in hexadecimal, with comments.
struct Fixture: CustomStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    var description: String { name }

    static let all: [Fixture] = {
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".hex") }.sorted().map { Fixture(String($0.dropLast(4))) }
    }()

    init(_ name: String) {
        let file = Self.folder.appending(path: "\(name).hex")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { preconditionFailure("no \(file.path)") }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        self.name = name
        bytes = lines.flatMap { $0.split(separator: " ").compactMap { UInt8($0, radix: 16) } }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/dhcp").standardized
}
