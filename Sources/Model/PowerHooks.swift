/// The addresses by which something switches a host: a smart plug, a KVM, a home's control centre.
///
/// In their texts `{host}` stands for the host's name, and `{secret}` for the text of the secret.
public struct PowerHooks: Equatable, Sendable {
    public var on: PowerHook
    public var off: PowerHook?
    public var status: PowerStatusHook?
    public var secretName: String?

    public init(on: PowerHook, off: PowerHook? = nil, status: PowerStatusHook? = nil, secretName: String? = nil) {
        (self.on, self.off, self.status, self.secretName) = (on, off, status, secretName)
    }

    public static let secretMark = "{secret}"

    /// Whether the secret is shown only where the texts say so.
    public var placesSecret: Bool {
        let texts = on.texts + (off?.texts ?? []) + (status?.hook.texts ?? [])
        return texts.contains { $0.contains(Self.secretMark) }
    }
}

/// One request that does something.
public struct PowerHook: Equatable, Sendable, Codable {
    public enum Method: String, CaseIterable, Sendable, Codable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
    }

    public var url: String
    /// Nil is by GET, and by POST where there is a body, or that is what is wanted there.
    public var method: Method?
    public var body: String?
    public var headers: [String: String] = [:]

    public init(url: String) { self.url = url }

    /// Whether its address is all that there is to it.
    public var isPlain: Bool { self == PowerHook(url: url) }

    var texts: [String] { [url, body ?? ""] + headers.values }

    enum CodingKeys: CodingKey { case url, method, body, headers }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        url = try values.decode(String.self, forKey: .url)
        method = try values.decodeIfPresent(Method.self, forKey: .method)
        body = try values.decodeIfPresent(String.self, forKey: .body)
        headers = try values.decodeIfPresent([String: String].self, forKey: .headers) ?? [:]
    }
}

/// A request whose answer, in JSON, tells whether the host has power.
public struct PowerStatusHook: Equatable, Sendable, Codable {
    public var hook: PowerHook
    /// Where in the answer it stands: keys with dots between, and numbers for the places of a list.
    public var key: String
    /// What stands there, in any case.
    public var on: String
    public var off: String

    public init(_ hook: PowerHook, key: String, on: String = "true", off: String = "false") {
        (self.hook, self.key, self.on, self.off) = (hook, key, on, off)
    }
}

extension PowerHooks: Codable {
    private enum CodingKeys: String, CodingKey {
        case on, off, status
        case onURL = "on_url"
        case offURL = "off_url"
        case secretName = "secret_name"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        on =
            try values.decodeIfPresent(PowerHook.self, forKey: .on)
            ?? PowerHook(url: try values.decode(String.self, forKey: .onURL))
        off =
            try values.decodeIfPresent(PowerHook.self, forKey: .off)
            ?? values.decodeIfPresent(String.self, forKey: .offURL).map { PowerHook(url: $0) }
        status = try values.decodeIfPresent(PowerStatusHook.self, forKey: .status)
        secretName = try values.decodeIfPresent(String.self, forKey: .secretName)
    }

    /// The release before this one reads the addresses alone, and is given them.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(on.url, forKey: .onURL)
        if !on.isPlain { try values.encode(on, forKey: .on) }
        try values.encodeIfPresent(off?.url, forKey: .offURL)
        if let off, !off.isPlain { try values.encode(off, forKey: .off) }
        try values.encodeIfPresent(status, forKey: .status)
        try values.encodeIfPresent(secretName, forKey: .secretName)
    }
}
