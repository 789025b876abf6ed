internal import Model
internal import YAML

extension Form<WebAddress> {
    /// Where a service listens: no path.
    static var origin: Self {
        web("http:// or https://, a host, and a port if it is not the usual one") { address throws(Refusal) in
            if !address.target.isEmpty { throw Refusal(message: "no path may follow", suggestion: address.origin) }
        }
    }

    /// Where the paths of an API begin: no query.
    static var base: Self {
        web("an http:// or https:// URL without a query") { address throws(Refusal) in
            let path = address.target.prefix { $0 != "?" }
            if address.hasQuery { throw Refusal(message: "no query may follow", suggestion: address.origin + path) }
        }
    }

    static var webAddress: Self { web("an http:// or https:// URL") { _ in } }

    /// A topic of ntfy: the only part of the path, since ntfy is nowhere but at the root of its server.
    static var topic: Self {
        web("the URL of a topic, such as https://ntfy.example.org/sprout") { address throws(Refusal) in
            let isTopic = address.target.wholeMatch(of: /\/[-_A-Za-z0-9]{1,64}/) != nil
            if !isTopic { throw Refusal(message: "which has to end with one topic: letters, digits, - and _") }
        }
    }

    private static func web(_ allowed: String, check: @escaping (WebAddress) throws(Refusal) -> Void) -> Self {
        Form(allowed: allowed) { (scalar) throws(Refusal) in
            let address = try WebText.parse(scalar.text)
            try check(address)
            return address
        }
    }
}

extension Form<String> {
    /// A URL in which `{host}` stands for the host's name.
    ///
    /// A secret may stand behind the question mark only: what is before it is shown in messages.
    static var webTemplate: Self {
        Form(allowed: "an http:// or https:// URL, in which {host} stands for the host's name") {
            (scalar) throws(Refusal) in
            let text = scalar.text.replacing("{host}", with: "host")
            let shown = text.prefix { $0 != "?" }
            if shown.contains("{secret}") {
                throw Refusal(message: "in which {secret} may stand behind the question mark only")
            }
            _ = try WebText.parse(text.replacing("{secret}", with: "secret"))
            return scalar.text
        }
    }

    static var hostName: Self {
        text("a host name or an IP address") { HostName.isValid($0[...]) ? $0 : nil }
    }

    /// The name of one of the box's own network ports, for which an address would not do.
    static var interface: Self {
        text("the name of a network port as ip link shows it, such as eno1") { text in
            guard case .name(let name) = ServerType.ManagementNIC(text) else { return nil }
            return name
        }
    }

    /// An IPv4 address, in text.
    static var ipv4: Self {
        text("an IPv4 address such as 192.168.1.1") { IPv4Address($0[...])?.description }
    }

    /// The SHA-256 of a certificate, as `openssl x509 -fingerprint` prints it.
    static var fingerprint: Self {
        text("a SHA-256 fingerprint: 32 pairs of hexadecimal digits with colons between") { text in
            let pairs = text.split(separator: ":", omittingEmptySubsequences: false)
            let isWhole = pairs.count == 32 && pairs.allSatisfy { $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }
            return isWhole ? text.uppercased() : nil
        }
    }
}

extension Form<IPv4Network> {
    static var network: Self {
        text(
            "an IPv4 network such as 192.168.1.0/24, with 8 to 30 bits",
            hint: { IPv4Network(around: $0)?.description ?? (IPv4Address($0[...]) == nil ? nil : "\($0)/24") },
            parse: { IPv4Network($0) }
        )
    }
}

extension Form<IPv4Range> {
    static var range: Self {
        text(
            "first-last, such as 192.168.1.100-192.168.1.199, at most \(IPv4Range.mostAddresses) addresses",
            hint: { text in
                let ends = text.filter { $0 != " " }.split(separator: "-")
                return ends.count == 2 ? IPv4Range("\(ends[0])-\(ends[1])")?.description : nil
            },
            parse: { IPv4Range($0) }
        )
    }
}

extension Form<Duration> {
    /// How long a lease holds: a shorter one would be asked for again all the time, a longer one outlives its machine.
    static var leaseTime: Self { time("minutes or hours from 5m to 24h, such as 30m or 4h", 300...86400) }

    /// How long a host may stay in a state before it has failed.
    static var deadline: Self { time("minutes or hours from 1m to 24h, such as 10m or 2h", 60...86400) }

    private static func time(_ allowed: String, _ range: ClosedRange<Int>) -> Self {
        text(
            allowed,
            hint: { Decimal.read($0[...], upTo: 24 * 60).map { "\($0)m" } },
            parse: { text in
                guard let unit = ["m": 60, "h": 3600][text.suffix(1)] else { return nil }
                guard let count = Decimal.read(text.dropLast(), upTo: 24 * 60) else { return nil }
                return range.contains(count * unit) ? .seconds(count * unit) : nil
            }
        )
    }
}

extension Form<ServerType.ManagementNIC> {
    static var port: Self {
        text("a network port's name such as enp87s0, or its MAC address") { ServerType.ManagementNIC($0) }
    }
}

/// Reads URLs, and keeps what may be a password in one out of every message.
private enum WebText {
    static func parse(_ text: String) throws(Refusal) -> WebAddress {
        if text.contains("@") {
            throw Refusal(message: "a URL must not carry a user name or a password", isSecret: true)
        }
        guard let address = WebAddress(text) else {
            let guess = text.contains("://") ? nil : WebAddress("http://\(text)")
            throw Refusal(suggestion: guess.map(\.description))
        }
        return address
    }
}
