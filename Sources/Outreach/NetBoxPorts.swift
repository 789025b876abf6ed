internal import Model

/// The ports of a device in NetBox, and their MAC addresses.
struct NetBoxPorts {
    let client: NetBoxClient
    let device: Int
    let hasMACObjects: Bool

    /// Sees to it that each port is there with its address; gives the number of the one for management.
    ///
    /// A port is known by its MAC address first: people may have named it, and an installation may name it anew.
    func keep(_ ports: [Registration.Port]) async throws(NotTold) -> Int? {
        let present = try await client.list("dcim/interfaces/", [("device_id", "\(device)")], as: NetBoxPort.self)
        var taken: Set<Int> = []
        var pairs: [(port: Registration.Port, found: NetBoxPort?)] = ports.map { port in
            let found = present.first { $0.mac?.lowercased() == "\(port.mac)" }
            if let found { taken.insert(found.id) }
            return (port, found)
        }
        for index in pairs.indices where pairs[index].found == nil {
            let name = Self.name(of: pairs[index].port)
            guard let found = present.first(where: { $0.name == name && !taken.contains($0.id) }) else { continue }
            taken.insert(found.id)
            pairs[index].found = found
        }
        var management: Int?
        for (port, found) in pairs {
            let id = try await keep(port, found)
            if port.isManagement { management = id }
        }
        return management
    }

    private func keep(_ port: Registration.Port, _ found: NetBoxPort?) async throws(NotTold) -> Int {
        if let found, found.mac?.lowercased() == "\(port.mac)" { return found.id }
        var fields: NetBoxFields = hasMACObjects ? [:] : ["mac_address": .text("\(port.mac)")]
        if let found {
            if !hasMACObjects {
                _ = try await client.change("dcim/interfaces/", found.id, fields, as: NetBoxReference.self)
            }
        } else {
            fields["device"] = .number(device)
            fields["name"] = .text(Self.name(of: port))
            fields["type"] = .text("other")
        }
        let id =
            if let found { found.id } else {
                try await client.create("dcim/interfaces/", fields, as: NetBoxReference.self).id
            }
        if hasMACObjects { try await setPrimary(port.mac, of: id) }
        return id
    }

    /// The address must be assigned to the port before it can be its primary one.
    private func setPrimary(_ mac: MACAddress, of port: Int) async throws(NotTold) {
        let path = "dcim/mac-addresses/"
        let known = try await client.list(path, [("mac_address", "\(mac)")], as: NetBoxMAC.self)
        let assignment: NetBoxFields = [
            "assigned_object_type": .text(NetBoxField.portType), "assigned_object_id": .number(port),
        ]
        let id: Int
        if let own = known.first(where: { $0.belongs(to: port) }) {
            id = own.id
        } else if let free = known.first(where: { $0.portID == nil }) {
            id = try await client.change(path, free.id, assignment, as: NetBoxReference.self).id
        } else {
            let fields = assignment.merging(["mac_address": .text("\(mac)")]) { $1 }
            id = try await client.create(path, fields, as: NetBoxReference.self).id
        }
        _ = try await client.change(
            "dcim/interfaces/", port, ["primary_mac_address": .number(id)], as: NetBoxReference.self)
    }

    /// Older installers do not tell what a port is called.
    private static func name(of port: Registration.Port) -> String { port.name ?? "port \(port.mac)" }
}
