/// What NetBox has, in as much of it as is looked at.
struct NetBoxStatus: Decodable {
    let version: String

    enum CodingKeys: String, CodingKey { case version = "netbox-version" }

    /// Since 4.2 a MAC address is an object of its own, and a port's own field for it can only be read.
    var hasMACObjects: Bool {
        let numbers = version.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard let major = numbers.first else { return true }
        return major > 4 || (major == 4 && numbers.count > 1 && numbers[1] >= 2)
    }
}

/// Anything that has a number, and a name for people.
struct NetBoxReference: Decodable, Equatable {
    let id: Int
    let display: String?
}

struct NetBoxDevice: Decodable {
    let id: Int
    let name: String?
    let serial: String?
    let deviceType: NetBoxReference
    let status: NetBoxChoice?
    let primaryIPv4: NetBoxReference?
    let primaryIPv6: NetBoxReference?

    enum CodingKeys: String, CodingKey {
        case id, name, serial, status
        case deviceType = "device_type"
        case primaryIPv4 = "primary_ip4"
        case primaryIPv6 = "primary_ip6"
    }
}

struct NetBoxChoice: Decodable {
    let value: String
}

struct NetBoxPort: Decodable {
    let id: Int
    let name: String
    let mac: String?

    enum CodingKeys: String, CodingKey {
        case id, name
        case mac = "mac_address"
    }
}

struct NetBoxMAC: Decodable {
    let id: Int
    let portID: Int?
    let type: String?

    enum CodingKeys: String, CodingKey {
        case id
        case portID = "assigned_object_id"
        case type = "assigned_object_type"
    }

    func belongs(to port: Int) -> Bool { type == NetBoxField.portType && portID == port }
}

struct NetBoxAddress: Decodable {
    let id: Int
    let address: String
    let display: String?
    let objectID: Int?
    let type: String?
    let object: Owner?

    /// What it is assigned to; of a port it says which device's.
    struct Owner: Decodable {
        let display: String?
        let device: NetBoxReference?
    }

    enum CodingKeys: String, CodingKey {
        case id, address, display
        case objectID = "assigned_object_id"
        case type = "assigned_object_type"
        case object = "assigned_object"
    }
}

/// What an object is made with, or changed to.
typealias NetBoxFields = [String: NetBoxField]

enum NetBoxField: Encodable, Equatable {
    /// What NetBox calls the ports of devices where something is assigned to one.
    static let portType = "dcim.interface"

    case text(String)
    case number(Int)

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        }
    }
}
