/// Something that happened: a line of the timeline, of the audit trail and of the event stream at once.
public struct Event: Equatable, Sendable, Codable, Identifiable {
    /// Grows by one with every event, and is what a client sends as Last-Event-ID.
    public var id: Int64
    public var at: Timestamp
    public var kind: Kind
    /// What happened, as a sentence.
    public var message: String
    /// Why, where the message alone does not say it.
    public var reason: String?
    public var host: String?
    public var hostname: String?
    public var operation: String?
    /// Who caused it: a daemon, or a person through one.
    public var actor: String
    public var request: String?

    public enum Kind: String, CaseIterable, Sendable, Codable {
        case certificateChanged = "certificate.changed"
        case backupFailed = "backup.failed"
        case backupMade = "backup.made"
        case backupRemoved = "backup.removed"
        case backupRestored = "backup.restored"
        case boxReset = "box.reset"
        case boxRestarted = "box.restarted"
        case boxSwitchedOff = "box.switched_off"
        case clusterTrusted = "cluster.trusted"
        case clockChanged = "clock.changed"
        case daemonStarted = "daemon.started"
        case discoveryAppeared = "discovery.appeared"
        case discoveryIgnored = "discovery.ignored"
        case discoveryNoticed = "discovery.noticed"
        case hostRegistered = "host.registered"
        case hostRegisteredInInventory = "host.registered_in_inventory"
        case hostChanged = "host.changed"
        case hostNoticed = "host.noticed"
        case hostJoining = "host.joining"
        case hostPower = "host.power"
        case hostRemoved = "host.removed"
        case hostAdvanced = "host.advanced"
        case identityContested = "identity.contested"
        case identityTrusted = "identity.trusted"
        case imageDamaged = "image.damaged"
        case imageImported = "image.imported"
        case imageRemoved = "image.removed"
        case installerLogsArrived = "installer.logs_arrived"
        case installerLogsFailed = "installer.logs_failed"
        case installerLogsRequested = "installer.logs_requested"
        case installerRefused = "installer.refused"
        case networkChanged = "network.changed"
        case networkConfirmed = "network.confirmed"
        case netbootBegan = "netboot.began"
        case netbootStalled = "netboot.stalled"
        case secretSet = "secret.set"
        case secretRemoved = "secret.removed"
        case serverAppeared = "server.appeared"
        case serverGone = "server.gone"
        case settingsChanged = "settings.changed"
        case settingsLoaded = "settings.loaded"
        case settingsRejected = "settings.rejected"
        case serverTypesLoaded = "server_types.loaded"
        case serverTypesRejected = "server_types.rejected"
        case supportCollected = "support.collected"
        case supportFailed = "support.failed"
        case supportRequested = "support.requested"
        case tokenCreated = "token.created"
        case tokenRemoved = "token.removed"
        case updateFailed = "update.failed"
        case updateInstalled = "update.installed"
        case updateSeen = "update.seen"
        case updateStarted = "update.started"
        case userAdded = "user.added"
        case userChanged = "user.changed"
        case userRemoved = "user.removed"
        case userSignedIn = "user.signed_in"
        case userSignedOut = "user.signed_out"
    }

    public init(
        id: Int64, at: Timestamp, kind: Kind, message: String, reason: String?, host: String?, hostname: String?,
        operation: String?, actor: String, request: String?
    ) {
        self.id = id
        self.at = at
        self.kind = kind
        self.message = message
        self.reason = reason
        self.host = host
        self.hostname = hostname
        self.operation = operation
        self.actor = actor
        self.request = request
    }
}
