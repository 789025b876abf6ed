/// Something that is measured, by the name that Prometheus knows it by.
public enum Metric: String, CaseIterable, Sendable, Codable {
    case up = "sprout_up"
    case buildInfo = "sprout_build_info"
    case startTime = "sprout_start_time_seconds"
    case cpuSeconds = "sprout_cpu_seconds_total"
    case residentMemory = "sprout_resident_memory_bytes"

    case hosts = "sprout_hosts"
    case longestInState = "sprout_longest_in_state_seconds"
    case stepDuration = "sprout_step_duration_seconds"
    case deadlinesMissed = "sprout_deadlines_missed_total"
    case operationDuration = "sprout_operation_duration_seconds"
    case tasksPending = "sprout_tasks_pending"
    case tasksFailing = "sprout_tasks_failing"
    case discoveries = "sprout_discoveries"
    case images = "sprout_images"
    case imagesDamaged = "sprout_images_damaged"
    case foreignServers = "sprout_foreign_servers"
    case events = "sprout_events_total"

    case httpRequests = "sprout_http_requests_total"
    case httpDuration = "sprout_http_request_duration_seconds"
    case httpStreams = "sprout_http_streams"
    case eventDelay = "sprout_event_delay_seconds"

    case dhcpReceived = "sprout_dhcp_received_total"
    case dhcpSent = "sprout_dhcp_sent_total"
    case dhcpMalformed = "sprout_dhcp_malformed_total"
    case dhcpAddresses = "sprout_dhcp_addresses"
    case dhcpAddressesUsed = "sprout_dhcp_addresses_used"

    case tftpRequests = "sprout_tftp_requests_total"
    case tftpRefused = "sprout_tftp_requests_refused_total"
    case tftpTransfers = "sprout_tftp_transfers_total"
    case tftpUnderWay = "sprout_tftp_transfers_under_way"
    case tftpBytes = "sprout_tftp_acknowledged_bytes_total"
    case tftpRetransmissions = "sprout_tftp_retransmitted_packets_total"

    case diskFree = "sprout_disk_free_bytes"
    case diskSize = "sprout_disk_size_bytes"

    public enum Kind: String, Sendable { case counter, gauge, histogram }

    public struct Definition: Sendable {
        public let kind: Kind
        /// The names of its labels, each of which has few values that nobody on the network can add to.
        public let labels: [String]
        public let help: String

        init(_ kind: Kind, by labels: String..., is help: String) {
            (self.kind, self.labels, self.help) = (kind, labels, help)
        }
    }

    public var definition: Definition {
        guard let definition = Self.table[self] else { preconditionFailure("\(rawValue) is not defined") }
        return definition
    }

    /// What each is: the one place to look.
    private static let table: [Metric: Definition] = [
        .up: .init(.gauge, by: "daemon", is: "Whether the daemon answers."),
        .buildInfo: .init(.gauge, by: "daemon", "version", is: "1, with the release that runs."),
        .startTime: .init(.gauge, by: "daemon", is: "When the daemon started, since 1970."),
        .cpuSeconds: .init(.counter, by: "daemon", is: "Time of the processor that the daemon took."),
        .residentMemory: .init(.gauge, by: "daemon", is: "Memory that the daemon occupies."),

        .hosts: .init(.gauge, by: "state", is: "Hosts by state."),
        .longestInState: .init(.gauge, by: "state", is: "How long the host is in its state that is there longest."),
        .stepDuration: .init(.histogram, by: "state", is: "How long operations stayed in a state, once they left it."),
        .deadlinesMissed: .init(.counter, by: "state", is: "Hosts that failed since their time in a state was over."),
        .operationDuration: .init(
            .histogram, by: "outcome", is: "How long operations took, by the state that they left the host in."),
        .tasksPending: .init(.gauge, by: "kind", is: "What is still to be done for hosts outside Sprout."),
        .tasksFailing: .init(.gauge, by: "kind", is: "The part of it that was tried in vain."),
        .discoveries: .init(.gauge, is: "Machines that netboot, are no hosts, and are not ignored."),
        .images: .init(.gauge, is: "Images that can be installed."),
        .imagesDamaged: .init(.gauge, is: "Images that are damaged on the disk."),
        .foreignServers: .init(
            .gauge, by: "kind", is: "Other servers on the network: boot, or dhcp that only gives out addresses."),
        .events: .init(.counter, by: "kind", is: "Events by kind."),

        .httpRequests: .init(
            .counter, by: "daemon", "route", "code",
            is: "Requests that were answered; route is empty where there is none."
        ),
        .httpDuration: .init(
            .histogram, by: "daemon", is: "Time from a whole request to its answer, before it is sent."),
        .httpStreams: .init(.gauge, by: "daemon", "route", is: "Streams that clients follow."),
        .eventDelay: .init(
            .histogram, by: "daemon", is: "Time from an event to when it was sent to a client that follows."),

        .dhcpReceived: .init(.counter, by: "kind", is: "Messages of DHCP clients."),
        .dhcpSent: .init(.counter, by: "kind", is: "Answers to DHCP clients; also those without an address."),
        .dhcpMalformed: .init(.counter, is: "Datagrams that are no messages of DHCP."),
        .dhcpAddresses: .init(.gauge, is: "Addresses that are given out, where Sprout does that."),
        .dhcpAddressesUsed: .init(.gauge, is: "Those of them that are in use, or left alone."),

        .tftpRequests: .init(.counter, is: "Requests for files."),
        .tftpRefused: .init(
            .counter, by: "reason", is: "Requests that got no file: above a limit, malformed, or of no file there is."),
        .tftpTransfers: .init(
            .counter, by: "result", is: "Downloads that ended; a client that only wants to know the size has probed."),
        .tftpUnderWay: .init(.gauge, is: "Downloads under way."),
        .tftpBytes: .init(.counter, is: "Bytes of files that clients said they have, of downloads that ended."),
        .tftpRetransmissions: .init(.counter, is: "Packets that were sent again, of downloads that ended."),

        .diskFree: .init(.gauge, by: "folder", is: "Room on the disk of the database, and of the images."),
        .diskSize: .init(.gauge, by: "folder", is: "The size of that disk."),
    ]
}
