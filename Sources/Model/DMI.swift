/// What a machine's firmware says of it, as the installer passes it on; boards are often left with placeholders.
public struct DMI: Equatable, Sendable, Codable {
    public var system = System()
    public var baseboard = Baseboard()
    public var chassis = Chassis()

    public struct System: Equatable, Sendable, Codable {
        public var serial: String?
        public var sku: String?
        public var uuid: String?
        public var name: String?

        public init() {}
    }

    public struct Baseboard: Equatable, Sendable, Codable {
        public var assetTag: String?
        public var serial: String?
        public var name: String?

        public init() {}

        enum CodingKeys: String, CodingKey {
            case serial, name
            case assetTag = "asset_tag"
        }
    }

    public struct Chassis: Equatable, Sendable, Codable {
        public var serial: String?
        public var sku: String?
        public var assetTag: String?

        public init() {}

        enum CodingKeys: String, CodingKey {
            case serial, sku
            case assetTag = "asset_tag"
        }
    }

    public init() {}

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        system = values.part(.system) ?? System()
        baseboard = values.part(.baseboard) ?? Baseboard()
        chassis = values.part(.chassis) ?? Chassis()
    }
}

extension DMI.System {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        serial = values.line(.serial)
        sku = values.line(.sku)
        uuid = values.line(.uuid)
        name = values.line(.name)
    }
}

extension DMI.Baseboard {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        assetTag = values.line(.assetTag)
        serial = values.line(.serial)
        name = values.line(.name)
    }
}

extension DMI.Chassis {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        serial = values.line(.serial)
        sku = values.line(.sku)
        assetTag = values.line(.assetTag)
    }
}
