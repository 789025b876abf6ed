import Linux

/// Where a daemon finds what it shares with the others: from the environment, or where the package puts it.
public struct Surroundings: Sendable {
    public let database = Environment["SPROUT_DATABASE"] ?? "/var/lib/sprout/db/sprout.db"
    public let commandSocket = Environment["SPROUT_COMMAND_SOCKET"] ?? "/run/sprout/command.sock"
    public let observeSocket = Environment["SPROUT_OBSERVE_SOCKET"] ?? "/run/sprout/observe.sock"
    public let leaseSocket = Environment["SPROUT_LEASE_SOCKET"] ?? "/run/sprout/lease.sock"
    public let installSocket = Environment["SPROUT_INSTALL_SOCKET"] ?? "/run/sprout/install.sock"
    /// Where the other daemons answer what they are asked of themselves.
    public let bootSocket = Environment["SPROUT_BOOT_SOCKET"] ?? "/run/sprout/boot.sock"
    public let dhcpSocket = Environment["SPROUT_DHCP_SOCKET"] ?? "/run/sprout/dhcp.sock"
    public let fetchSocket = Environment["SPROUT_FETCH_SOCKET"] ?? "/run/sprout/fetch.sock"
    public let metadataSocket = Environment["SPROUT_METADATA_SOCKET"] ?? "/run/sprout/metadata.sock"
    public let images = Environment["SPROUT_IMAGES"] ?? "/var/lib/sprout/images"
    public let configuration = Environment["SPROUT_CONFIG"] ?? "/etc/sprout/provisioning.yaml"
    /// The folder of the key that secrets are sealed with: the orchestrator's alone.
    public let sealingKey = Environment["SPROUT_SEALING_KEY"] ?? "/var/lib/sprout/key"
    /// The folder of the certificate that nginx shows, and its key.
    public let certificate = Environment["SPROUT_TLS"] ?? "/var/lib/sprout/tls"
    /// Where backups lie.
    public let backups = Environment["SPROUT_BACKUPS"] ?? "/var/lib/sprout/backups"
    /// Where sprout-system takes wishes; nil on a machine that was not flashed as an appliance.
    public let box = Environment["SPROUT_BOX"]
    public let boxProgress = Environment["SPROUT_BOX_PROGRESS"] ?? "/run/sprout-system/progress.json"
    public let boxHistory = Environment["SPROUT_BOX_HISTORY"] ?? "/var/lib/sprout-system/history.json"
    public let updateFolder = Environment["SPROUT_UPDATE"] ?? "/var/lib/sprout/update"
    /// Where sprout-support takes wishes, and leaves what it collected; nil where there is none, as under `sprout up`.
    public let support = Environment["SPROUT_SUPPORT"]
    /// The port at which nginx answers browsers over TLS; nil where it does not.
    public let httpsPort = UInt16(Environment["SPROUT_HTTPS_PORT"] ?? "443")
    /// The port at which nginx answers machines that netboot.
    public let httpPort = Environment["SPROUT_HTTP_PORT"].flatMap { UInt16($0) } ?? 80
    /// There once the network has set the clock: systemd-timesyncd(8).
    public let synchronizedClock = "/run/systemd/timesync/synchronized"
    /// Why machines that netboot cannot be answered, whatever the settings say; nil where they can.
    public let netbootObstacle = Environment["SPROUT_NETBOOT_OBSTACLE"]

    public init() {}

    /// The update that has arrived as a whole.
    public var update: String { "\(updateFolder)/bundle" }

    /// The version of the image that a box runs from.
    public var imageVersion: String? {
        guard let text = try? Files.text("/usr/lib/os-release") else { return nil }
        return text.split(separator: "\n").first { $0.hasPrefix("IMAGE_VERSION=") }.map { String($0.dropFirst(14)) }
    }
}

/// The release, as `sprout --version`, the health answers and the events name it.
public enum Release {
    public static let version = "0.1.0"
}
