import Control
import Linux
import Model
import Systemd
import Wire

/// How leases come onto the disk before they are acknowledged.
extension LeaseDesk {
    /// Has a lease written with all others that wait; a flood is cut off, and its machines ask again.
    func enqueue(_ entry: LeaseEntry) {
        guard waiting.count < Self.mostWaiting || waiting[entry.mac] != nil else { return }
        if let grant = entry.grant { book.hold(grant.address, for: entry.mac, until: entry.lease.until) }
        waiting[entry.mac] = entry
        writing.yield()
    }

    /// The next leases that are written together.
    func takeEntries() -> [LeaseEntry] {
        guard waiting.count > Self.mostTogether else {
            defer { waiting.removeAll(keepingCapacity: true) }
            return Array(waiting.values)
        }
        let batch = Array(waiting.values.prefix(Self.mostTogether))
        for entry in batch { waiting[entry.mac] = nil }
        return batch
    }

    /// The leases are on the disk, but for those whose address another machine has.
    func wrote(_ batch: [LeaseEntry], held: [Bool]) {
        isWriterAway = false
        for (entry, isHeld) in zip(batch, held) {
            guard let grant = entry.grant, grant.network == policy?.network else { continue }
            guard isHeld else {
                book.dropOffer(to: entry.mac)
                book.quarantine(grant.address, until: .now() + .seconds(600))
                Journal.log(
                    .warning, "\(entry.mac) was offered \(grant.address), which by the database another machine has",
                    ["SPROUT_MAC": "\(entry.mac)"])
                continue
            }
            book.grant(grant.address, to: entry.mac, until: entry.lease.until)
            acknowledge(grant, for: grant.seconds)
        }
    }

    /// The orchestrator did not answer: who only renews what he has may use it for as long as is written already; the
    /// others wait for another attempt, unless they have asked again by then.
    func failedToWrite(_ batch: [LeaseEntry], _ error: any Error) {
        if !isWriterAway {
            Journal.log(.warning, "leases wait until sprout-orchestrator writes them: \(error)")
        }
        isWriterAway = true
        let now = Timestamp.now()
        for entry in batch where waiting[entry.mac] == nil {
            guard entry.asked.duration(to: .now) < .seconds(8) else { continue }
            if let grant = entry.grant, let lease = book.lease(of: entry.mac), lease.address == grant.address,
                lease.until > now + .seconds(30)
            {
                let rest = (lease.until.milliseconds - now.milliseconds) / 1000
                acknowledge(grant, for: min(grant.seconds, UInt32(clamping: rest)))
            } else {
                waiting[entry.mac] = entry
            }
        }
    }

    private func acknowledge(_ grant: LeaseEntry.Grant, for seconds: UInt32) {
        send(to: grant.question, grant.booting) { booting in
            LeaseReply(
                .acknowledgement, grant.address, for: seconds, to: grant.question, grant.network, booting: booting)
        }
    }

    private static let mostTogether = 1024
    private static let mostWaiting = 4096
}

/// Has leases written by the orchestrator: all that wait while one transaction is under way go into the next.
struct LeaseWriter: Service {
    let desk: LeaseDesk
    let register: LeaseRegister
    let reactor: Reactor

    func run() async throws {
        for await _ in desk.entries {
            while true {
                let batch = await desk.takeEntries()
                if batch.isEmpty { break }
                try await write(batch)
            }
        }
    }

    private func write(_ batch: [LeaseEntry]) async throws {
        do {
            await desk.wrote(batch, held: try await register.write(batch.map(\.lease), within: Self.patience))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            await desk.failedToWrite(batch, error)
            try await reactor.sleep(for: .milliseconds(200))
        }
    }

    /// A client asks again after four seconds, and may be answered before with what is written.
    private static let patience = Duration.seconds(2)
}
