/// A host as somebody wishes to register it: texts, not yet checked.
public struct HostDraft: Equatable, Sendable, Codable {
    /// Left out, the server type's prefix gives the next free name.
    public var hostname: String?
    public var mac: String
    public var macs: [String]
    public var serverType: String
    public var labels: [String: String]
    /// Its own address, where its server type's network is static.
    public var address: String?

    public init(
        hostname: String? = nil, mac: String, macs: [String] = [], serverType: String, labels: [String: String] = [:],
        address: String? = nil
    ) {
        self.hostname = hostname
        self.mac = mac
        self.macs = macs
        self.serverType = serverType
        self.labels = labels
        self.address = address
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case hostname, mac, macs, labels, address
        case serverType = "server_type"
    }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        hostname = try container.decodeIfPresent(String.self, forKey: .hostname)
        mac = try container.decode(String.self, forKey: .mac)
        macs = try container.decodeIfPresent([String].self, forKey: .macs) ?? []
        serverType = try container.decode(String.self, forKey: .serverType)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        address = try container.decodeIfPresent(String.self, forKey: .address)
    }
}

extension HostDraft {
    /// The parts of a draft that can be judged by themselves; whether they are free, only the ledger knows.
    public struct Checked: Equatable, Sendable {
        public let hostname: Hostname?
        public let mac: MACAddress
        public let macs: [MACAddress]
        public let serverType: String
        public let labels: [String: String]
        public let address: String?
    }

    public func checked() throws(Refused) -> Checked {
        let name = hostname.map(\.trimmedOfSpaces) ?? ""
        let first = try Self.mac(mac, "mac")
        var all = [first]
        for text in macs {
            let address = try Self.mac(text, "macs")
            if !all.contains(address) { all.append(address) }
        }
        guard all.count <= 32 else { throw Refused(.invalid, "A host has at most 32 MAC addresses.", field: "macs") }
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) { try Self.check(label: key, value) }
        return Checked(
            hostname: name.isEmpty ? nil : try Self.hostname(name), mac: first, macs: all, serverType: serverType,
            labels: labels, address: try address.flatMap(Self.address))
    }

    static func mac(_ text: String, _ field: String) throws(Refused) -> MACAddress {
        do throws(MACAddress.Malformed) {
            return try MACAddress(text)
        } catch {
            throw Refused(.invalid, "\(error)", field: field)
        }
    }

    static func hostname(_ text: String) throws(Refused) -> Hostname {
        do throws(Hostname.Malformed) {
            return try Hostname(text)
        } catch {
            throw Refused(.invalid, "\(error)", field: "hostname")
        }
    }

    /// Empty is none; whether it lies in the network of its server type is said when the host is to be installed.
    static func address(_ text: String) throws(Refused) -> String? {
        let address = text.trimmedOfSpaces
        if address.isEmpty { return nil }
        guard let number = DottedQuad.number(address[...]), (1...223).contains(number >> 24), number >> 24 != 127 else {
            throw Refused(
                .invalid, "\"\(address.prefix(40))\" is no host's IPv4 address: write it as 10.20.0.13.",
                field: "address")
        }
        return address
    }

    static func check(label key: String, _ value: String) throws(Refused) {
        let isNamed = (1...63).contains(key.utf8.count) && key.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        guard isNamed, value.utf8.count <= 255, value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw Refused(
                .invalid,
                "The label \"\(key)\" does not fit: a name of 1 to 63 visible characters, a value of at most 255.",
                field: "labels")
        }
    }
}

/// Why a command is not carried out: an answer, not a failure.
public struct Refused: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable { case invalid, missing, conflict, stale }

    public let kind: Kind
    public let reason: String
    public let field: String?

    public init(_ kind: Kind, _ reason: String, field: String? = nil) {
        self.kind = kind
        self.reason = reason
        self.field = field
    }

    public var description: String { reason }
}
