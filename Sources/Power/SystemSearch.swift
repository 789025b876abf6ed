internal import Fetch
internal import Model

/// Finds the host among the machines of its controller: mostly there is one, and a chassis has several.
struct SystemSearch {
    private static let mostPages = 16

    let client: RedfishClient
    let host: PoweredHost

    func find() async throws(Obstacle) -> Found<ComputerSystem> {
        let root = try await client.get(ServiceRoot.self, "/redfish/v1/").value
        guard let list = root.systems else { throw none }
        var systems: [Found<ComputerSystem>] = []
        for path in try await members(of: list.path) {
            systems.append(try await client.get(ComputerSystem.self, path))
        }
        guard let only = systems.first else { throw none }
        if systems.count == 1 { return only }
        var fitting = systems.filter(isHost)
        if fitting.isEmpty { fitting = try await withPorts(systems) }
        guard fitting.count == 1 else {
            let names = systems.map(name).joined(separator: ", ")
            throw Obstacle(
                "it manages \(systems.count) machines (\(names)), and \(fitting.isEmpty ? "none" : "more than one") of"
                    + " them has the serial number, UUID or MAC address of \(host.name)",
                "Let \(host.name) netboot once, so that it tells them", at: client.origin)
        }
        return fitting[0]
    }

    private func name(_ system: Found<ComputerSystem>) -> String {
        let serials = system.value.serials.compactMap { Identity(uuid: nil, serial: $0).serial }
        return client.line.secret.hidden(in: serials.first ?? system.value.uuid ?? system.path)
    }

    private var none: Obstacle {
        Obstacle("it manages no machine", "Check the url in server-types.yaml", at: client.origin)
    }

    private func members(of path: String) async throws(Obstacle) -> [String] {
        var (paths, next): ([String], String?) = ([], path)
        for _ in 0..<Self.mostPages {
            guard let page = next else { break }
            let list = try await client.get(LinkList.self, page).value
            paths += list.members.map(\.path)
            next = list.next
        }
        return paths
    }

    /// Whether it says the serial number or the UUID of the host, in either order of its bytes.
    private func isHost(_ system: Found<ComputerSystem>) -> Bool {
        let said =
            system.value.serials.map { Identity(uuid: system.value.uuid, serial: $0) }
            + [Identity(uuid: system.value.uuid, serial: nil)]
        return said.contains { said in
            let isSerial = said.serial != nil && said.serial?.lowercased() == host.identity.serial?.lowercased()
            return isSerial || said.uuid != nil && said.uuid == host.identity.uuid
        }
    }

    /// The machines that have a port with a MAC address of the host: all that is known before it netboots.
    private func withPorts(_ systems: [Found<ComputerSystem>]) async throws(Obstacle) -> [Found<ComputerSystem>] {
        var fitting: [Found<ComputerSystem>] = []
        for system in systems {
            guard let ports = system.value.ports else { continue }
            for path in try await members(of: ports.path) {
                let addresses = try await client.get(EthernetPort.self, path).value.addresses
                guard addresses.contains(where: { (try? MACAddress($0)).map(host.macs.contains) ?? false }) else {
                    continue
                }
                fitting.append(system)
                break
            }
        }
        return fitting
    }
}
