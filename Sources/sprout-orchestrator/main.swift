// sprout-orchestrator is the only writer: it carries out commands, takes observations, and tells what happened.

import Control
import HTTP
import Ledger
import Linux
import Model
import Store
import Systemd

daemon { reactor, termination in
    let surroundings = Surroundings()
    var sockets = ListenSockets()
    let ledger = try Ledger(path: surroundings.database, Worker(), now: Timestamp.now, clock: ClockReading.now)
    try await Restoration(places: surroundings).apply(to: ledger)
    let fetcher = Fetcher(socket: surroundings.fetchSocket, reactor)
    let metrics = DaemonMetrics("sprout-orchestrator", isFollowed: true) {
        try diskMeasurements(database: surroundings.database, images: surroundings.images)
            + (await fetcher.measurements())
    }
    let desk = Desk(ledger: ledger, store: try Store(path: surroundings.database), metrics: metrics)
    let settings = SettingsKeeper(desk, provisioning: surroundings.configuration, reactor)
    try await settings.load()
    let health = Health("sprout-orchestrator", desk.check)
    let sightings = SightingDesk(desk, reactor)

    let images = try ImageKeeper(desk, folder: surroundings.images, reactor)
    let downloads = ImageDownloads(desk, images, folder: surroundings.images, fetcher, reactor)
    try await images.takeKept()
    let box = try BoxDesk(desk, images, surroundings, reactor)
    let support = SupportDesk(desk, folder: surroundings.support, reactor)
    let keyring = try Keyring(folder: surroundings.sealingKey)
    let addresses = AddressConflicts(store: desk.store, probe: AddressProbe(reactor: reactor))
    let secrets = SecretDesk(desk: desk, keyring: keyring)
    let backups = try BackupDesk(desk, settings, secrets, surroundings, reactor)
    let worker = try Worker()
    let clusters = ClusterKeeper(desk: desk, settings: settings, secrets: secrets, reactor: reactor, worker: worker)
    let cluster = ClusterDesk(desk: desk, clusters: clusters)
    let rebuild = RebuildDesk(
        desk: desk, settings: settings, images: images, keyring: keyring, cluster: cluster, addresses: addresses)
    let removal = HostRemoval(desk: desk, clusters: clusters)
    let power = PowerDesk(desk: desk, settings: settings, secrets: secrets, reactor: reactor, worker: worker)
    let keys = KeyRemoval(desk: desk, keyring: keyring, reactor: reactor)
    let join = Join(desk: desk, keyring: keyring, clusters: clusters)
    let inventory = InventoryDesk(desk: desk, settings: settings, secrets: secrets, worker: worker)
    let notices = NoticeDesk(desk: desk, settings: settings, secrets: secrets, worker: worker)
    let effects = EffectKeeper(
        desk, reactor,
        [
            .armNetboot: power.wake, .joinCluster: join.carryOut, .registerInInventory: inventory.register,
            .removeKey: keys.carryOut, .retryInstallation: rebuild.retry, .notify: notices.deliver,
        ])
    let progress = ProgressBell(desk, reactor)
    let installer = InstallerDesk(
        desk: desk, rebuild: rebuild, addresses: addresses, progress: progress, reactor: reactor)
    let passwords = try Passwords()
    let access = try await AccessDesk(desk: desk, keyring: keyring, passwords: passwords)
    let files = SettingsDesk(
        desk: desk, settings: settings, passwords: passwords, reactor: reactor,
        netbootObstacle: surroundings.netbootObstacle)
    let certificates = CertificateDesk(
        desk: desk, settings: settings, folder: surroundings.certificate, reactor: reactor)
    try await certificates.begin()
    let network = NetworkKeeper(desk, certificates, reactor)
    let arrivals = ArrivalKeeper(desk, installer, keyring, reactor)
    let routes =
        images.routes() + downloads.routes() + rebuild.routes + removal.routes + secrets.routes + power.routes
        + cluster.routes + notices.routes + desk.taskRoutes + access.routes + certificates.routes + files.routes
        + backups.routes + box.routes + network.routes + support.routes + installer.commands
    let commands = try Server(
        on: sockets.claim("command"), reactor, desk.commandRoutes(health, others: routes), counting: metrics.traffic,
        onFailure: report)
    var roomy = Limits()
    // The logs of an installer, a mebibyte at most, come as base64.
    roomy.body = 2 << 20
    let installations = try Server(
        on: sockets.claim("install"), reactor, installer.routes(health), limits: roomy, counting: metrics.traffic,
        onFailure: report)
    let observations = try Server(
        on: sockets.claim("observe"), reactor, desk.observeRoutes(health, sightings), counting: metrics.traffic,
        onFailure: report)
    let leases = try Server(
        on: sockets.claim("lease"), reactor, desk.leaseRoutes(health), counting: metrics.traffic, onFailure: report)

    await downloads.goOn()
    try await run(
        commands, observations, installations, leases, ServerKeeper(desk), Heartbeat(desk.feed, reactor), desk.reel,
        DeadlineKeeper(desk, reactor), effects, settings, sightings, VerdictKeeper(desk, reactor), arrivals, network,
        progress,
        Tidying(ledger, reactor), backups, box, support,
        ImageChecks(images, desk.store, reactor), Watchdog(reactor, check: health.check), termination)
}
