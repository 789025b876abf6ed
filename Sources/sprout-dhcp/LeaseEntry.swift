import Control
import Linux
import Model
import Wire

/// A lease that is to be written, and what is said when it is.
struct LeaseEntry: Sendable {
    let lease: Lease
    let mac: MACAddress
    let asked = Reactor.Deadline.now
    let grant: Grant?

    /// What the acknowledgement is made of; nobody waits for one where there is none.
    struct Grant: Sendable {
        let address: IPv4Address
        let seconds: UInt32
        let question: LeasePolicy.Question
        let network: ServedNetwork
        let booting: Reply?
    }

    init(_ lease: Lease, of mac: MACAddress) {
        self.lease = lease
        self.mac = mac
        grant = nil
    }

    init(
        _ address: IPv4Address, for seconds: UInt32, _ question: LeasePolicy.Question, _ network: ServedNetwork,
        _ booting: Reply?
    ) {
        mac = question.mac
        lease = Lease(address: "\(address)", mac: mac, until: .now() + .seconds(Int64(seconds)))
        grant = Grant(address: address, seconds: seconds, question: question, network: network, booting: booting)
    }
}
