public import HTTP

extension Request {
    /// The address at which a machine asked, such as `http://192.168.1.5`: it is certain to reach that again.
    public var reachedServer: String {
        get throws {
            let host = headers["host"] ?? ""
            let isPlain = host.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || ".:-[]_".contains(Character($0)))
            }
            guard !host.isEmpty, host.utf8.count < 256, isPlain else {
                throw Problem(400, "The Host field is no address.")
            }
            return "http://\(host)"
        }
    }
}
