internal import Model

/// Keeps a host as a device in NetBox (3.7 and 4): made once, and changed where it is another than it was.
///
/// What people have written there stays: the site and the role of a device that is there, and the names of its ports.
public struct NetBox: Sendable {
    private let client: NetBoxClient
    private let site: String
    private let role: String

    /// New devices stand at a `site`, and have a `role`: both by their slugs.
    public init(_ outlet: Outlet, site: String, role: String) throws(NotTold) {
        client = try NetBoxClient(outlet)
        (self.site, self.role) = (site, role)
    }

    public func register(_ host: Registration) async throws(NotTold) {
        let status = try await client.get("status/", as: NetBoxStatus.self)
        let device = try await device(of: host)
        let ports = NetBoxPorts(client: client, device: device.id, hasMACObjects: status.hasMACObjects)
        let management = try await ports.keep(host.ports)
        guard let management, let address = host.address else { return }
        try await NetBoxAddresses(client: client, device: device)
            .keep(address, host.prefixLength, on: management)
    }

    private func device(of host: Registration) async throws(NotTold) -> NetBoxDevice {
        let type = try await existing("dcim/device-types/", host.inventoryType, Self.device(type: host))
        let site = try await existing("dcim/sites/", site, "site, as infrastructure.site says")
        let role = try await existing("dcim/device-roles/", role, "device role, as infrastructure.role says")
        guard let device = try await find(host, site) else {
            var fields: NetBoxFields = [
                "name": .text(host.hostname), "device_type": .number(type.id), "site": .number(site.id),
                "role": .number(role.id), "status": .text("active"),
            ]
            if let serial = Self.serial(of: host) { fields["serial"] = .text(serial) }
            return try await client.create("dcim/devices/", fields, as: NetBoxDevice.self)
        }
        var changes: NetBoxFields = [:]
        if device.name != host.hostname { changes["name"] = .text(host.hostname) }
        if device.deviceType.id != type.id { changes["device_type"] = .number(type.id) }
        if device.status?.value != "active" { changes["status"] = .text("active") }
        if let serial = Self.serial(of: host), device.serial != serial { changes["serial"] = .text(serial) }
        if changes.isEmpty { return device }
        return try await client.change("dcim/devices/", device.id, changes, as: NetBoxDevice.self)
    }

    /// By its serial number, or else by its name: a device of that name with another serial number is another machine.
    private func find(_ host: Registration, _ site: NetBoxReference) async throws(NotTold) -> NetBoxDevice? {
        if let serial = Self.serial(of: host) {
            let found = try await client.list("dcim/devices/", [("serial", serial)], as: NetBoxDevice.self)
            guard found.count < 2 else {
                throw NotTold(
                    "NetBox has \(found.count) devices with the serial number \(serial). Delete all but one of them.")
            }
            if let device = found.first { return device }
        }
        // A name is there once at a site, whatever its case.
        let named = try await client.list(
            "dcim/devices/", [("name__ie", host.hostname), ("site_id", "\(site.id)")], as: NetBoxDevice.self)
        guard let device = named.first else { return nil }
        let (own, other) = (Self.serial(of: host), device.serial ?? "")
        guard other.isEmpty || own == nil || own?.lowercased() == other.lowercased() else {
            throw NotTold(
                "NetBox has a device \(host.hostname) with the serial number \(other), and this one has"
                    + " \(host.serial ?? ""). If the machine was replaced, change or delete that device in NetBox.")
        }
        return device
    }

    private func existing(_ path: String, _ slug: String, _ what: String) async throws(NotTold) -> NetBoxReference {
        let found = try await client.list(path, [("slug", slug)], as: NetBoxReference.self)
        guard let object = found.first else {
            throw NotTold("NetBox has no \(what): there is none with the slug \(slug). Make it in NetBox.")
        }
        return object
    }

    private static func device(type host: Registration) -> String {
        "device type for the server type \(host.serverType), which infrastructure.server_type_map can map to another"
    }

    /// What some makers put there instead of one; NetBox takes up to 50 characters.
    private static func serial(of host: Registration) -> String? {
        guard let serial = Identity(uuid: nil, serial: host.serial).serial else { return nil }
        return String(serial.prefix(50))
    }
}
