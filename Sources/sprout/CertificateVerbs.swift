import Control
import HTTP
import Linux
import Model

/// The certificate that browsers are shown.
extension Verb {
    static let tlsShow: Verb = Verb(
        words: ["tls", "show"], summary: "show the certificate that browsers are shown", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout tls show"
    ) { invocation in
        let (certificate, json) = try await API(invocation).get("/api/tls", as: ServedCertificate.self)
        Terminal.say(invocation.isJSON ? json : text(certificate))
    }

    static let tlsReplace: Verb = Verb(
        words: ["tls", "replace"],
        summary: "show browsers a certificate of yours: PEM, with its key, in one file or two",
        operands: [
            Operand(name: "FILE", completion: .file), Operand(name: "KEY", isRequired: false, completion: .file),
        ], options: connectionOptions, example: "sprout tls replace fullchain.pem privkey.pem"
    ) { invocation in
        var wish: [String: String] = [:]
        for (name, file) in zip(["certificate", "key"], invocation.operands) { wish[name] = try read(file) }
        let answer = try await API(invocation).send("PUT", "/api/tls", body: try JSON.encode(wish))
        Terminal.say(text(try JSON.decode(ServedCertificate.self, from: answer.body)))
    }

    static let tlsRenew: Verb = Verb(
        words: ["tls", "renew"],
        summary: "make a new certificate for the names and addresses of now",
        operands: [],
        options: connectionOptions, example: "sprout tls renew"
    ) { invocation in
        let answer = try await API(invocation).send("POST", "/api/tls/renew", body: Array("{}".utf8))
        Terminal.say(text(try JSON.decode(ServedCertificate.self, from: answer.body)))
    }

    private static func read(_ file: String) throws -> String {
        do throws(Errno) {
            return try Files.text(file)
        } catch {
            throw Failure(description: "\(file): \(error)")
        }
    }

    private static func text(_ certificate: ServedCertificate) -> String {
        let origin = certificate.isOwn ? "Sprout itself: compare the fingerprint in your browser" : certificate.issuer
        return Terminal.table(
            [
                ["SHA-256", certificate.fingerprint], ["for", certificate.names.joined(separator: ", ")],
                ["made by", origin], ["valid until", "\(certificate.validUntil)"],
            ].map { $0.map(Terminal.harmless) })
    }
}
