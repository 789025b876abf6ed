import Control
import Fetch
import Ledger
import Linux
import Model
import Outreach
import Settings
import Store

/// Tells the inventory of a host that was installed, once for each installation, for as long as it takes.
struct InventoryDesk: Sendable {
    let desk: Desk
    let settings: SettingsKeeper
    let secrets: SecretDesk
    let worker: Worker

    @Sendable func register(_ due: Ledger.DueEffect) async throws -> EffectKeeper.Outcome {
        let wish = await settings.provisioning.infrastructure
        guard wish.kind != .none, let base = wish.baseURL, let url = WebURL("\(base)"),
            let registration = try await registration(of: due, wish)
        else { return .nothing }
        let outlet = Outlet(
            url, secret: try await secrets.secret(try SecretName(Self.secretName)), named: Self.secretName,
            fingerprint: wish.fingerprint.flatMap { Fingerprint($0) }, worker)
        do throws(NotTold) {
            if wish.kind == .netbox {
                return try await keepInNetBox(registration, outlet, wish)
            }
            return try await call(Webhook(outlet), registration, due, url)
        } catch {
            return .later("\(error)")
        }
    }

    private func keepInNetBox(
        _ registration: Registration, _ outlet: Outlet, _ wish: Provisioning.Infrastructure
    ) async throws(NotTold) -> EffectKeeper.Outcome {
        try await NetBox(outlet, site: wish.site ?? "", role: wish.role ?? "").register(registration)
        return .done(.hostRegisteredInInventory, "\(registration.hostname) is registered in NetBox at \(outlet.url).")
    }

    private func call(
        _ webhook: Webhook, _ registration: Registration, _ due: Ledger.DueEffect, _ url: WebURL
    ) async throws(NotTold) -> EffectKeeper.Outcome {
        let delivery = "\(due.operation.id).registered"
        do {
            // The time is the operation's end: what is sent again is the same, to the last byte.
            let body = try registration.json(
                delivery: delivery, at: due.operation.endedAt ?? .now(), from: Release.version)
            try await webhook.send(body, delivery: delivery)
        } catch let error as NotTold {
            throw error
        } catch {
            throw NotTold("What the inventory is to be told cannot be written as JSON: \(error).")
        }
        let told = "The inventory at \(url) was told of \(registration.hostname)."
        let caution = """
             The call was not signed, so nobody there can know that it came from here: store a key with sprout secrets \
            set \(Self.secretName).
            """
        return .done(.hostRegisteredInInventory, webhook.isSigned ? told : told + caution)
    }

    /// Nil where there is nothing to tell: the machine does not exist, or is being installed anew.
    private func registration(
        of due: Ledger.DueEffect, _ wish: Provisioning.Infrastructure
    ) async throws -> Registration? {
        guard let host = try await desk.store.host(due.host.id), !host.isRehearsed,
            await desk.latestOperation(of: host) == due.operation.id,
            let inventory = try await desk.store.inventory(ofHost: host.id)
        else { return nil }
        return Registration(
            host, inventory, inventoryType: wish.serverTypeMap[host.serverType] ?? host.serverType,
            hasGPU: try await desk.store.serverType(of: host)?.hasGPU,
            cluster: inventory.cluster)
    }

    private static let secretName = "infrastructure"
}
