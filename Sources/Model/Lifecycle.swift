/// Where a host is in its life.
///
/// Only the orchestrator moves it, and only along `Lifecycle.table`.
public enum HostState: String, CaseIterable, Sendable, Codable {
    case registered
    case pxeReady = "pxe_ready"
    case pxeBooted = "pxe_booted"
    case installing
    case installed
    case firstBoot = "first_boot"
    case joining
    case ready
    case failed

    /// How long a host may stay in a state that should lead on by itself, before it has failed.
    public var deadline: Duration? {
        switch self {
        case .pxeReady: .seconds(10 * 60)
        case .pxeBooted: .seconds(5 * 60)
        case .installing: .seconds(25 * 60)
        case .installed, .firstBoot, .joining: .seconds(10 * 60)
        case .registered, .ready, .failed: nil
        }
    }

    /// True while an operation is at work on the host.
    public var isUnderWay: Bool { deadline != nil }

    /// True while the installer has been given to the machine, and has not said that it is done.
    public var isInInstaller: Bool { self == .pxeBooted || self == .installing }

    /// True while what an installer asks or tells is expected; the first word may come before its kernel was seen to be loaded.
    public var awaitsInstaller: Bool { self == .pxeReady || isInInstaller }

    /// Why a host whose time is over has failed: what was not heard of it, what that mostly means, and what to do.
    public func sentenceAfter(minutes: Int64) -> String {
        let time = "in \(minutes) minutes"
        return switch self {
        case .pxeReady: "it never netbooted \(time). Switch it on, and let it boot from the network first."
        case .pxeBooted:
            "its installer was loaded, and never asked for its answer \(time). Its screen says why: mostly the memory "
                + "is too small for the image, or the installer got no address by DHCP."
        case .installing:
            "its installer has its answer, and never reported that it is done \(time). It stops with a message on its "
                + "screen when something is wrong, and waits there: read it, then rebuild."
        case .installed:
            "it is installed, and its new system was not heard \(time). Look at its screen: does it start from the disk "
                + "that was installed on, and has it an address in this network?"
        case .joining:
            "it did not join its cluster \(time). Its timeline has what it said last, and the cluster knows whether it is "
                + "listed there: look at both, then rebuild it."
        case .firstBoot, .registered, .ready, .failed:
            "it was still \(rawValue) after \(minutes) minutes. Look at its timeline, then rebuild it."
        }
    }

    /// The way of an operation that goes well.
    public static let way: [HostState] = [
        .pxeReady, .pxeBooted, .installing, .installed, .firstBoot, .joining, .ready,
    ]

    /// What comes after it on that way.
    public var next: HostState? { Self.way.drop { $0 != self }.dropFirst().first }

    /// The state in a reader's words.
    public var sentence: String {
        switch self {
        case .registered: "known, and left alone"
        case .pxeReady: "waiting for the machine to netboot"
        case .pxeBooted: "the installer's kernel is loading"
        case .installing: "the installer is at work"
        case .installed: "installed; the machine restarts"
        case .firstBoot: "the new system starts for the first time"
        case .joining: "joining the cluster"
        case .ready: "installed, and ready for use"
        case .failed: "stopped; its timeline says why"
        }
    }
}

/// What moves a host from one state to the next.
public enum LifecycleEvent: String, CaseIterable, Sendable, Codable {
    case rebuild
    case fetchedKernel = "fetched_kernel"
    case askedForAnswer = "asked_for_answer"
    case restarted
    case reportedInstalled = "reported_installed"
    case startedNewSystem = "started_new_system"
    case phonedHome = "phoned_home"
    case joined
    case broke
    case deadlinePassed = "deadline_passed"
    case cancel

    /// Those that lead from a state to the next one on the way to ready.
    public static let onwards: [Self] = [
        .fetchedKernel, .askedForAnswer, .reportedInstalled, .startedNewSystem, .phonedHome, .joined,
    ]

    /// What was seen, as the rest of a sentence that begins with "ended because".
    public var words: String {
        switch self {
        case .rebuild: "a person asked for a rebuild"
        case .fetchedKernel: "it loaded the installer's kernel"
        case .askedForAnswer: "its installer asked for its answer"
        case .restarted: "it restarted"
        case .reportedInstalled: "its installer reported that it is done"
        case .startedNewSystem: "its new system started"
        case .phonedHome: "its new system called"
        case .joined: "it is a member of its cluster, or needs none"
        case .broke: "it went wrong"
        case .deadlinePassed: "its time was over"
        case .cancel: "a person stopped it"
        }
    }
}

/// What is to be done outside the database once a step is committed.
public enum Effect: String, CaseIterable, Sendable, Codable {
    case armNetboot = "arm_netboot"
    case disarmNetboot = "disarm_netboot"
    case joinCluster = "join_cluster"
    case registerInInventory = "register_in_inventory"
    case removeKey = "remove_key"
    case retryInstallation = "retry_installation"
    case notify

    /// What is done by it, as the rest of a sentence that begins with "Still to be done:".
    public var sentence: String {
        switch self {
        case .armNetboot: "switch it on"
        case .disarmNetboot: "keep it from netbooting the installer"
        case .joinCluster: "join it to the cluster"
        case .registerInInventory: "register it in the inventory"
        case .removeKey: "take the key of its installation off it"
        case .retryInstallation: "begin its installation once more"
        case .notify: "tell people what became of it"
        }
    }
}

public enum Lifecycle {
    public struct Step: Equatable, Sendable {
        public let to: HostState
        public let effects: [Effect]
    }

    /// The whole state machine: a pair that is not here is refused, and there is no other place to look.
    ///
    /// An operation that ends before the installer was reached has touched nothing: its host goes back to registered.
    public static let table: [HostState: [LifecycleEvent: Step]] = [
        .registered: [.rebuild: .to(.pxeReady, .armNetboot)],
        .pxeReady: [
            .fetchedKernel: .to(.pxeBooted),
            .broke: .failed,
            .deadlinePassed: .failed,
            .cancel: .to(.registered, .disarmNetboot, .removeKey),
        ],
        .pxeBooted: [
            .askedForAnswer: .to(.installing),
            .restarted: .to(.pxeReady, .armNetboot),
            .broke: .failed,
            .deadlinePassed: .failed,
            .cancel: .to(.registered, .disarmNetboot, .removeKey),
        ],
        .installing: [
            .restarted: .to(.pxeReady, .armNetboot),
            .reportedInstalled: .to(.installed, .disarmNetboot),
            .broke: .failed,
            .deadlinePassed: .failed,
            .cancel: .stopped,
        ],
        .installed: [
            .startedNewSystem: .to(.firstBoot),
            .broke: .failed,
            .deadlinePassed: .failed,
            .cancel: .stopped,
        ],
        .firstBoot: [
            .phonedHome: .to(.joining, .joinCluster),
            .broke: .failed,
            .deadlinePassed: .failed,
            .cancel: .stopped,
        ],
        .joining: [
            .joined: .to(.ready, .removeKey, .registerInInventory, .notify),
            .broke: .failed,
            .deadlinePassed: .failed,
            .cancel: .stopped,
        ],
        .ready: [.rebuild: .to(.pxeReady, .armNetboot)],
        .failed: [.rebuild: .to(.pxeReady, .armNetboot)],
    ]

    public static func step(from state: HostState, on event: LifecycleEvent) -> Step? { table[state]?[event] }

    /// What can happen to a host in this state, in the order of `LifecycleEvent`.
    public static func events(in state: HostState) -> [LifecycleEvent] {
        LifecycleEvent.allCases.filter { table[state]?[$0] != nil }
    }
}

extension Lifecycle.Step {
    static func to(_ state: HostState, _ effects: Effect...) -> Self { Self(to: state, effects: effects) }

    /// What an operation leaves behind is taken away however it ends.
    static let failed = Self(to: .failed, effects: [.disarmNetboot, .removeKey, .notify])

    /// Who stopped it knows that, and is told nothing.
    static let stopped = Self(to: .failed, effects: [.disarmNetboot, .removeKey])
}
