import Control
import Model
import Wire

extension ProxyDesk.Verdict {
    /// What is kept of it for "why did it not boot"; nil for what says nothing.
    func sighting(at moment: Timestamp) -> Sighting? {
        let kind: Sighting.Kind
        switch decision {
        case .silence(.misplaced): return nil
        case .silence(.meantForRouter):
            guard client.request.serverIdentifier != nil else { return nil }
            kind = .tookAddress
        case .silence, .reply: kind = port == .dhcp ? .asked : .askedBootServer
        }
        return Sighting(kind, of: client.mac, at: moment, by: "sprout-dhcp", fill)
    }

    private func fill(_ details: inout Sighting.Details) {
        let request = client.request
        details.stage = client.sightedStage
        details.transaction = request.transaction
        details.architecture = Int(client.architecture.rawValue)
        details.vendorClass = request.vendorClass.map(Sighting.Details.short)
        if request.clientAddress != .unspecified { details.address = "\(request.clientAddress)" }
        switch decision {
        case .reply(let reply):
            details.offered = "\(reply.gift)"
            details.server = "\(server)"
        case .silence(.meantForRouter):
            details.server = request.serverIdentifier.map { "\($0)" }
            if let address = request.requestedAddress { details.address = "\(address)" }
        case .silence(let silence):
            details.silence = silence.code
            details.reason = silence.rawValue
        }
    }
}

extension NetbootClient {
    /// What it says of itself.
    var traits: Discovery.Traits {
        Discovery.Traits(
            architecture: Int(architecture.rawValue), vendorClass: request.vendorClass,
            uuid: request.machineUUID.map { "\($0)" })
    }

    fileprivate var sightedStage: Sighting.Stage {
        switch stage {
        case .firmware, .raspberryPi: .firmware
        case .firmwareWithHTTP: .firmwareWithHTTP
        case .ipxe: .ipxe
        }
    }
}

extension Silence {
    /// The word for programs.
    fileprivate var code: String {
        switch self {
        case .meantForRouter: "meant_for_router"
        case .misplaced: "misplaced"
        case .noAddress: "no_address"
        case .stranger: "stranger"
        case .raspberryPi: "raspberry_pi"
        case .noProgram: "no_program"
        case .looping: "looping"
        case .securityItem: "security_item"
        case .noRoom: "no_room"
        }
    }
}
