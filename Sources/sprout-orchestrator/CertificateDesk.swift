import Control
import Crypto
import HTTP
import Ledger
import Linux
import Model
import Settings
import Store
import Systemd
import Wire

/// Keeps the certificate that nginx shows to browsers: one of its own from the first start on, or the one that was brought.
///
/// It and its key are one file, which is replaced as a whole, and which nginx reads anew for each connection.
struct CertificateDesk: Sendable {
    let desk: Desk
    let settings: SettingsKeeper
    let folder: String
    let reactor: Reactor

    private var file: String { "\(folder)/served.pem" }

    var routes: [Routes.Route] {
        [
            .put("/tls") { request in try await replace(request) },
            .post("/tls/renew") { request in
                try await serve(try await makeOwn(), "made anew", by: desk.author(request), request)
            },
        ]
    }

    /// Makes a certificate where there is none that can be used.
    func begin() async throws {
        do {
            let certificate = try Certificate(parsing: try Files.text(file))
            guard try await desk.store.certificate()?.fingerprint != certificate.fingerprint else { return }
            _ = try await serve(certificate, "found in \(file)", by: Self.author)
        } catch let problem where problem is Errno || problem is CryptoError {
            if Files.exists(file) { Journal.log(.warning, "\(file): \(problem); another certificate is made") }
            _ = try await serve(try await makeOwn(), "made", by: Self.author)
        }
    }

    /// Makes another certificate of its own where the box is not reached any more under the names of the one that it has.
    ///
    /// One that was brought stays: the pages say what it does not name.
    func follow(_ addresses: [String], isMoved: Bool) async throws {
        guard let served = try await desk.store.certificate(), served.isOwn else { return }
        let isNamed = addresses.map(served.names.contains)
        guard isMoved ? isNamed.contains(false) : !isNamed.contains(true) else { return }
        _ = try await serve(try await makeOwn(), "made for \(addresses.joined(separator: ", "))", by: Self.author)
    }

    private func replace(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: CertificateWish.self, from: request.body)
        let certificate: Certificate
        do {
            certificate = try Certificate(parsing: "\(wish.certificate)\n\(wish.key ?? "")")
        } catch {
            throw Problem(422, "This cannot be shown to browsers: \(error).", field: "certificate")
        }
        guard certificate.validUntil * 1000 > WallClock.milliseconds() else {
            throw Problem(
                422, "This certificate has expired: it was valid until \(served(certificate).validUntil).",
                field: "certificate")
        }
        return try await serve(certificate, "brought by a person", by: desk.author(request), request)
    }

    /// The file first: what is told to be shown is shown.
    private func serve(
        _ certificate: Certificate, _ origin: String, by author: Ledger.Author, _ request: Request? = nil
    ) async throws -> Response {
        let served = served(certificate)
        try Files.makeFolder(folder, mode: 0o750)
        try Files.write(certificate.text + certificate.key, to: file, mode: 0o640)
        let sentence =
            "Browsers are shown the certificate \(served.fingerprint), \(origin), valid until \(served.validUntil)."
        try await desk.commit(request) { try await desk.ledger.serve(served, sentence, by: author) }
        Journal.log(
            .notice, sentence,
            ["SPROUT_EVENT": Event.Kind.certificateChanged.rawValue, "SPROUT_REQUEST": request?.id ?? ""])
        return try .json(served)
    }

    private func served(_ certificate: Certificate) -> ServedCertificate {
        ServedCertificate(
            fingerprint: certificate.fingerprint, names: certificate.names, issuer: certificate.issuer,
            validUntil: Timestamp(milliseconds: certificate.validUntil * 1000),
            isOwn: certificate.isSelfSigned && certificate.issuer == Self.name)
    }

    private func makeOwn() async throws -> Certificate {
        var names = [Self.name]
        if let host = await settings.provisioning.server.publicURL?.host { names.append(host) }
        if let own = Environment.hostName { names += [own, "\(own).local"] }
        let socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        names += try socket.interfaces().map { "\(IPv4Address(rawValue: $0.interface.address))" }
        let usable = names.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return try Certificate(names: usable, days: Self.days)
    }

    private static let author = Ledger.Author(actor: "sprout-orchestrator")
    /// What the box is called in its network (mDNS), unless it was given another name.
    private static let name = "sprout.local"
    /// Browsers ask once, and would have to ask again after each change.
    private static let days = 3650
}

/// The body of `PUT /tls`: PEM, the key apart or in the same text.
private struct CertificateWish: StrictBody {
    let certificate: String
    let key: String?

    enum CodingKeys: CodingKey, CaseIterable { case certificate, key }
}
