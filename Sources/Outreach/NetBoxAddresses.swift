/// The address of a device in NetBox, which is on its port for management, and is its primary one.
struct NetBoxAddresses {
    let client: NetBoxClient
    let device: NetBoxDevice

    func keep(_ address: String, _ prefixLength: Int?, on port: Int) async throws(NotTold) {
        let isIPv6 = address.contains(":")
        let object = try await object(for: address, prefixLength ?? (isIPv6 ? 128 : 32), on: port)
        let primary = isIPv6 ? device.primaryIPv6 : device.primaryIPv4
        guard primary?.id != object else { return }
        let field = isIPv6 ? "primary_ip6" : "primary_ip4"
        _ = try await client.change("dcim/devices/", device.id, [field: .number(object)], as: NetBoxReference.self)
    }

    /// NetBox finds an address whatever the size of its network, and may have it once more in each of its VRFs.
    private func object(for address: String, _ prefixLength: Int, on port: Int) async throws(NotTold) -> Int {
        let path = "ipam/ip-addresses/"
        let known = try await client.list(path, [("address", address)], as: NetBoxAddress.self)
        if let own = known.first(where: belongsToDevice) { return own.id }
        let assignment: NetBoxFields = [
            "assigned_object_type": .text(NetBoxField.portType), "assigned_object_id": .number(port),
        ]
        if let free = known.first(where: { $0.objectID == nil }) {
            return try await client.change(path, free.id, assignment, as: NetBoxReference.self).id
        }
        if let taken = known.first {
            let owner = taken.object?.device?.display ?? taken.object?.display ?? "something else"
            throw NotTold(
                "\(address) belongs to \(owner) in NetBox, and is the address of this host. Take it off there if that"
                    + " is over.")
        }
        let fields = assignment.merging(["address": .text("\(address)/\(prefixLength)"), "status": .text("active")]) {
            $1
        }
        return try await client.create(path, fields, as: NetBoxReference.self).id
    }

    private func belongsToDevice(_ address: NetBoxAddress) -> Bool {
        address.type == NetBoxField.portType && address.object?.device?.id == device.id
    }
}
