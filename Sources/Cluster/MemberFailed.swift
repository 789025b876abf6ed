internal import Fetch
public import Model
public import SSH

/// Why a member of the cluster did not do what it was asked, as the tick that it leaves.
public struct MemberFailed: Error, Equatable, Sendable, CustomStringConvertible {
    public let tick: ClusterTick
    /// The fingerprint that it showed, where that is what is wrong.
    public let shown: String?

    public init(_ check: ClusterTick.Check, _ sentence: String, isPassing: Bool = false, shown: String? = nil) {
        tick = ClusterTick(check, .bad, sentence, isPassing: isPassing)
        self.shown = shown
    }

    public var description: String { tick.sentence }

    init(_ failure: ExchangeFailed) {
        guard let shown = failure.changedCertificate else {
            self.init(.reachable, "\(failure)", isPassing: failure.isPassing)
            return
        }
        self.init(
            .identity,
            "\(failure.url) shows the certificate \(shown), which is not the one that is trusted. If it was renewed there,"
                + " compare it with Datacenter > Cluster > Join Information, and trust it: sprout cluster trust \(shown)",
            shown: "\(shown)")
    }

    public init(_ failure: SSHFailed) {
        switch failure.kind {
        case .otherHostKey: self.init(.identity, "\(failure)")
        case .loginRefused: self.init(.login, "\(failure)")
        default: self.init(.reachable, "\(failure)", isPassing: true)
        }
    }
}
