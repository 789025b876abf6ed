import Model

/// A piece of HTML: text gets in only by being escaped, markup only as a literal.
struct HTML: ExpressibleByStringInterpolation, CustomStringConvertible, Sendable {
    let description: String

    init(stringLiteral value: String) { description = value }
    init(stringInterpolation: Interpolation) { description = stringInterpolation.markup }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { markup += literal }
        mutating func appendInterpolation(_ html: HTML) { markup += html.description }
        mutating func appendInterpolation(_ html: HTML?) { markup += html?.description ?? "" }
        mutating func appendInterpolation(_ list: [HTML]) { for html in list { markup += html.description } }
        mutating func appendInterpolation(_ text: some CustomStringConvertible) { escape(text.description) }

        private mutating func escape(_ text: String) {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "&": markup += "&amp;"
                case "<": markup += "&lt;"
                case ">": markup += "&gt;"
                case "\"": markup += "&quot;"
                case "'": markup += "&#39;"
                default: markup.unicodeScalars.append(scalar)
                }
            }
        }
    }
}
