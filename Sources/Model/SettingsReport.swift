/// The single settings of provisioning.yaml, as an admin sees them.
public struct SettingsReport: Codable, Equatable, Sendable {
    /// What holds of each; what has no value is not there.
    public var values: [String: String]
    /// Which of them can be changed one by one.
    public var changeable: [String]
    /// Whether new hosts get a root password that somebody knows.
    public var hasRootPassword: Bool
    /// Why the file is not in force as it is.
    public var problem: String?
    public var file: String
    /// Why this Sprout, as it was started, cannot answer machines that netboot.
    public var netbootObstacle: String?

    public init(values: [String: String], changeable: [String], hasRootPassword: Bool, problem: String?, file: String) {
        (self.values, self.changeable, self.hasRootPassword) = (values, changeable, hasRootPassword)
        (self.problem, self.file) = (problem, file)
    }

    enum CodingKeys: String, CodingKey {
        case values, changeable, problem, file
        case hasRootPassword = "has_root_password"
        case netbootObstacle = "netboot_obstacle"
    }
}

/// One of the files that hold the settings.
public struct SettingsFile: Codable, Equatable, Sendable {
    public enum Name: String, Codable, CaseIterable, Sendable {
        case provisioning
        case serverTypes = "server-types"

        public var fileName: String { "\(rawValue).yaml" }
    }

    public var name: Name
    public var path: String
    public var text: String
    /// Another for each text: who changes the file says which one was seen.
    public var version: String

    public init(name: Name, path: String, text: String, version: String) {
        (self.name, self.path, self.text, self.version) = (name, path, text, version)
    }
}

/// A value as JSON has it: a text, a number, or yes and no.
public struct SettingValue: Codable, Equatable, Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            text = "\(flag)"
        } else if let number = try? container.decode(Int.self) {
            text = "\(number)"
        } else {
            text = try container.decode(String.self)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// A network port of the box.
public struct NetworkPort: Codable, Equatable, Sendable {
    public var name: String
    /// Whether something is connected to it.
    public var hasLink: Bool
    /// Its IPv4 addresses, with the length of their networks.
    public var addresses: [String]

    public init(name: String, hasLink: Bool, addresses: [String]) {
        (self.name, self.hasLink, self.addresses) = (name, hasLink, addresses)
    }

    enum CodingKeys: String, CodingKey {
        case name, addresses
        case hasLink = "link"
    }
}
