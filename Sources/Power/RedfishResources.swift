internal import FoundationEssentials

/// What Redfish says of a thing; a part that is malformed is as good as missing (DMTF DSP0268).
protocol RedfishResource: Decodable, Sendable {}

/// The link to a resource: paths are never made, only followed.
struct Link: Decodable, Sendable {
    let path: String

    private enum CodingKeys: String, CodingKey { case path = "@odata.id" }
}

/// Where all begins, at /redfish/v1/.
struct ServiceRoot: RedfishResource {
    let systems: Link?

    private enum CodingKeys: String, CodingKey { case systems = "Systems" }

    init(from decoder: any Decoder) throws {
        systems = try decoder.container(keyedBy: CodingKeys.self).known(.systems)
    }
}

/// A list of links, or the first page of it.
struct LinkList: RedfishResource {
    let members: [Link]
    let next: String?

    private enum CodingKeys: String, CodingKey {
        case members = "Members"
        case next = "Members@odata.nextLink"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        members = values.known(.members) ?? []
        next = values.known(.next)
    }
}

/// A machine, as its controller sees it.
struct ComputerSystem: RedfishResource {
    let uuid: String?
    let serials: [String]
    let powerState: String?
    let boot: BootOverride?
    let reset: ResetAction?
    let ports: Link?
    /// Where changes are to be written that are made at the next start.
    let settings: Link?

    private enum CodingKeys: String, CodingKey {
        case uuid = "UUID"
        case serial = "SerialNumber"
        // On Dell's machines this is what the machine itself says is its serial number.
        case sku = "SKU"
        case powerState = "PowerState"
        case boot = "Boot"
        case actions = "Actions"
        case ports = "EthernetInterfaces"
        case settings = "@Redfish.Settings"
    }
    private enum ActionKeys: String, CodingKey { case reset = "#ComputerSystem.Reset" }
    private enum SettingsKeys: String, CodingKey { case object = "SettingsObject" }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let serial: [String?] = [values.known(.serial), values.known(.sku)]
        (uuid, serials) = (values.known(.uuid), serial.compactMap(\.self))
        powerState = values.known(.powerState)
        (boot, ports) = (values.known(.boot), values.known(.ports))
        reset = (try? values.nestedContainer(keyedBy: ActionKeys.self, forKey: .actions))?.known(.reset)
        settings = (try? values.nestedContainer(keyedBy: SettingsKeys.self, forKey: .settings))?.known(.object)
    }

    var state: PowerState {
        switch powerState {
        case "On": .on
        case "Off": .off
        // It is on its way, and may take another wish or not.
        default: .unknown
        }
    }
}

/// What a machine boots from instead of what its own order says.
struct BootOverride: Decodable, Equatable, Sendable {
    let target: String?
    let enabled: String?
    let mode: String?
    let targets: [String]?

    private enum CodingKeys: String, CodingKey {
        case target = "BootSourceOverrideTarget"
        case enabled = "BootSourceOverrideEnabled"
        case mode = "BootSourceOverrideMode"
        case targets = "BootSourceOverrideTarget@Redfish.AllowableValues"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        (target, enabled) = (values.known(.target), values.known(.enabled))
        (mode, targets) = (values.known(.mode), values.known(.targets))
    }
}

/// How a machine is switched, and what the controller takes as `ResetType`, or where that is said.
struct ResetAction: Decodable, Sendable {
    let target: String
    let types: [String]?
    let info: String?

    private enum CodingKeys: String, CodingKey {
        case target
        case types = "ResetType@Redfish.AllowableValues"
        case info = "@Redfish.ActionInfo"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        target = try values.decode(String.self, forKey: .target)
        (types, info) = (values.known(.types), values.known(.info))
    }
}

/// What an action's parameters may be.
struct ActionInfo: RedfishResource {
    let resetTypes: [String]?

    private enum CodingKeys: String, CodingKey { case parameters = "Parameters" }

    private struct Parameter: Decodable {
        let name: String?
        let values: [String]?

        private enum CodingKeys: String, CodingKey {
            case name = "Name"
            case values = "AllowableValues"
        }
    }

    init(from decoder: any Decoder) throws {
        let parameters: [Parameter]? = try decoder.container(keyedBy: CodingKeys.self).known(.parameters)
        resetTypes = parameters?.first { $0.name == "ResetType" }?.values
    }
}

/// A network port of a machine.
struct EthernetPort: RedfishResource {
    let addresses: [String]

    private enum CodingKeys: String, CodingKey {
        case address = "MACAddress"
        case permanent = "PermanentMACAddress"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let addresses: [String?] = [values.known(.permanent), values.known(.address)]
        self.addresses = addresses.compactMap(\.self)
    }
}

extension KeyedDecodingContainer {
    /// Nil where there is nothing, or something else than was expected.
    func known<Value: Decodable>(_ key: Key) -> Value? { (try? decodeIfPresent(Value.self, forKey: key)) ?? nil }
}
