import HTTP
import Linux
import Model

/// Slows who guesses passwords and the code of the first start.
///
/// It is remembered in memory alone: anybody on the network can guess, and would otherwise make the disk write. A restart
/// forgets it, and nobody on the network can cause one.
actor Guesses {
    private var bySource = GuessLimit(free: 5, longestWait: 900)
    private var byAccount = GuessLimit(free: 10, longestWait: 900)
    /// All together, so that many sources are no way around; short, so that the owner gets a turn.
    private var ofSetupCode = GuessLimit(free: 10, longestWait: 60)

    /// Lets a guess at a password through, or refuses it.
    func charge(_ source: String, account: String) throws {
        let now = BootClock.milliseconds()
        try refuse(max(bySource.wait(source, at: now), byAccount.wait(account, at: now)))
        bySource.charge(source, at: now)
        byAccount.charge(account, at: now)
    }

    func chargeSetupCode(_ source: String) throws {
        let now = BootClock.milliseconds()
        try refuse(max(bySource.wait(source, at: now), ofSetupCode.wait("", at: now)))
        bySource.charge(source, at: now)
        ofSetupCode.charge("", at: now)
    }

    /// It was no guess; but who knows one password has no more guesses at others for that.
    func forgive(_ source: String, account: String) {
        bySource.giveBack(source)
        byAccount.forgive(account)
    }

    func forgiveSetupCode(_ source: String) {
        bySource.giveBack(source)
        ofSetupCode.forgive("")
    }

    private func refuse(_ milliseconds: Int64) throws {
        guard milliseconds > 0 else { return }
        let seconds = (milliseconds + 999) / 1000
        throw Problem(
            429, "That was wrong too often. Try again in \(seconds) \(seconds == 1 ? "second" : "seconds").",
            headers: ["retry-after": "\(seconds)"])
    }
}
