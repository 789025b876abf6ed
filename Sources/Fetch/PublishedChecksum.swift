/// The SHA-256 that stands beside a file on its server.
public struct PublishedChecksum: Equatable, Sendable {
    public let sha256: String
    let place: WebURL

    /// Looks for it in a file of its own, then in that of the folder.
    init?(of url: WebURL, _ text: (WebURL) async -> String?) async {
        let places = [url.appending(".sha256"), url.beside("SHA256SUMS")]
        for (place, isAlone) in zip(places, [true, false]) {
            guard let text = await text(place), let sum = Self.sum(of: url.fileName, in: text, isAlone: isAlone) else {
                continue
            }
            (sha256, self.place) = (sum, place)
            return
        }
        return nil
    }

    public var sentence: String {
        let doubt = place.isEncrypted ? "" : ", fetched without TLS: it tells a broken file, but not a forged one"
        return "Its SHA-256 is compared with the one in \(place)\(doubt)."
    }

    public static func absence(of url: WebURL) -> String {
        "Neither \(url.appending(".sha256")) nor a SHA256SUMS beside it has its SHA-256: the file is"
            + "\(url.isEncrypted ? "" : " fetched without TLS and") taken as it comes."
    }

    /// Reads lines as sha256sum writes them: `<sum>  <name>` or `<sum> *<name>`.
    ///
    /// In a file of its own the sum may stand without a name.
    static func sum(of name: String, in text: String, isAlone: Bool) -> String? {
        for line in text.split(whereSeparator: \.isNewline) {
            let (sum, rest) = (line.prefix(64), line.dropFirst(64))
            guard sum.count == 64, sum.allSatisfy(\.isHexDigit), sum.utf8.count == 64 else { continue }
            if rest == "  \(name)" || rest == " *\(name)" || (isAlone && rest.allSatisfy { $0 == " " }) {
                return sum.lowercased()
            }
        }
        return nil
    }
}
