import Fetch
import Foundation
import Linux
import Model
import Serving
import Testing

@testable import Power

/// The emulator of OpenStack's sushy-tools as Tests/System/test_power.py starts it: `https://user:password@host:port`.
private let emulator = Linux.Environment["SPROUT_EMULATOR"]

/// A peer that nobody here wrote, over TLS and with a login.
@Suite(.enabled(if: emulator != nil), .serialized, .timeLimit(.minutes(2))) struct RedfishEmulatorTests {
    private let url: String
    private let secret: String
    private let worker: Worker

    /// Both of its machines; they are given to it by the test that starts it.
    private static let first = Identity(uuid: "27946b59-9e44-4fa7-8e91-f3527a1ef094", serial: nil)
    private static let secondMAC = "52:54:00:aa:bb:02"

    init() throws {
        let parts = (emulator ?? "").split(separator: "@")
        guard parts.count == 2, parts[0].hasPrefix("https://"), parts[0].contains(":") else {
            throw Misused("SPROUT_EMULATOR is \"\(emulator ?? "")\", and not https://user:password@host:port.")
        }
        (url, secret) = ("https://\(parts[1])", String(parts[0].dropFirst(8)))
        worker = try Worker()
    }

    private struct Misused: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private func driver(
        secret: String? = nil, pinned: Fingerprint? = nil, identity: Identity = Self.first, macs: [MACAddress] = []
    ) -> PowerDriver {
        PowerDriver(
            .redfish(url: url, secretName: "bmc"), of: PoweredHost(name: "pve-01", macs: macs, identity: identity),
            PowerAccess(secret: secret ?? self.secret, pinned: pinned), worker, reactor)
    }

    /// Asks until the machine is as it is to be: it takes up to eleven seconds for it, as machines do.
    private func become(_ state: PowerState, _ driver: PowerDriver) async throws {
        while try await driver.state() != state { try await reactor.sleep(for: .milliseconds(100)) }
    }

    @Test func `a machine is switched on, restarted and off, by the certificate it showed first`() async throws {
        #expect(try await driver().state() == .off)
        let outcome = try await driver().on()
        #expect(outcome.effect == .done)
        let certificate = try #require(outcome.certificate)
        let known = driver(pinned: certificate)
        try await become(.on, known)
        #expect(try await known.on().sentence == "pve-01 is on already.")
        #expect(try await known.restart().sentence == "The controller of pve-01 has taken ForceRestart.")
        try await become(.on, known)
        #expect(try await known.off(gracefully: true).certificate == certificate)
        try await become(.off, known)
        #expect(try await known.off(gracefully: false).sentence == "pve-01 is off already.")
    }

    @Test func `it boots from the network, and says that it makes no difference between once and always`() async throws
    {
        let outcome = try await driver().bootFromNetworkOnce()
        #expect(
            outcome.sentence == "pve-01 boots from the network, and not only once: its controller made that of it.")
    }

    @Test func `of two machines the host's is switched, and none where it is unknown`() async throws {
        let nobody = Identity(uuid: nil, serial: nil)
        let second = driver(identity: nobody, macs: [try MACAddress(Self.secondMAC)])
        #expect(try await second.state() == .on)
        #expect(try await driver().state() == .off)
        let failed = await #expect(throws: PowerFailed.self) { try await driver(identity: nobody).on() }
        #expect(failed?.description.contains("it manages 2 machines (") == true)
    }

    @Test func `a wrong password is told`() async throws {
        let failed = await #expect(throws: PowerFailed.self) { try await driver(secret: "admin:geheim").on() }
        #expect(
            failed?.description
                == "pve-01 cannot be switched on by \(url)/redfish/v1/Systems: it does not know this user"
                + " and password (401). Store the right one with: sprout secrets set bmc.")
    }

    @Test func `another certificate than the known one gets no password`() async throws {
        let other = try #require(Fingerprint(String(repeating: "0A", count: 32)))
        let failed = await #expect(throws: PowerFailed.self) { try await driver(pinned: other).on() }
        let shown = try await driver().bootFromNetworkOnce().certificate
        #expect(failed?.changedCertificate == shown)
        #expect(
            failed?.description == "pve-01 cannot be switched on by \(url)/redfish/v1/: its certificate is another than"
                + " before: \(shown.map { "\($0)" } ?? ""). Find out why it was changed before you trust the new one.")
    }
}
