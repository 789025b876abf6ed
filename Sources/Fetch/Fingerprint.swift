import CCurl
internal import Crypto
internal import FoundationEssentials

/// The SHA-256 of a certificate, by which it is known where nobody vouches for it.
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// Reads 64 hexadecimal digits, in any case, with colons or without.
    public init?(_ text: String) {
        let digits = text.filter { $0 != ":" }
        let pairs = stride(from: 0, to: digits.count, by: 2).map { digits.dropFirst($0).prefix(2) }
        let bytes = pairs.compactMap { $0.allSatisfy(\.isHexDigit) ? UInt8($0, radix: 16) : nil }
        guard bytes.count == 32, digits.utf8.count == 64 else { return nil }
        self.bytes = bytes
    }

    /// The fingerprint of a certificate in PEM.
    init?(pem: Substring) {
        let lines = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
        guard let certificate = Data(base64Encoded: lines.joined()), !certificate.isEmpty else { return nil }
        bytes = Digest.sha256(Array(certificate))
    }

    /// As OpenSSL and browsers show it: pairs of upper-case digits with colons.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
    }
}

/// Looks at the certificate that a server shows before anything is sent to it.
final class CertificateCheck {
    private let easy: UnsafeMutableRawPointer
    private let pinned: Fingerprint?
    private let isEncrypted: Bool
    private(set) var shown: Fingerprint?
    private(set) var hasRefused = false

    /// Takes any certificate where none is `pinned`.
    init(_ handle: borrowing Handle, _ url: WebURL, _ pinned: Fingerprint?) {
        (easy, self.pinned, isEncrypted) = (handle.easy, pinned, url.isEncrypted)
        handle.set(CURLOPT_SSL_VERIFYPEER, 0)
        handle.set(CURLOPT_SSL_VERIFYHOST, 0)
        handle.set(CURLOPT_CERTINFO, 1)
        // Old controllers agree on keys in groups of 1024 bits (DHE), and cannot do better; they are still of this LAN.
        handle.set(CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=1")
        curl_set_check(easy, Self.callback, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Whether the request may go over the connection that has just come about.
    private func isAllowed() -> Bool {
        // A connection that is used once more, after a redirect, shows nothing again.
        shown = Self.fingerprint(easy) ?? shown
        let isKnown = pinned == nil ? shown != nil : pinned == shown
        hasRefused = (isEncrypted || shown != nil) && !isKnown
        return !hasRefused
    }

    private static let callback: curl_prereq_callback = { context, _, _, _, _ in
        guard let context else { return CURL_PREREQFUNC_ABORT }
        let check = Unmanaged<CertificateCheck>.fromOpaque(context).takeUnretainedValue()
        return check.isAllowed() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }

    /// The server's own certificate is the first that it shows.
    private static func fingerprint(_ easy: UnsafeMutableRawPointer) -> Fingerprint? {
        guard let chain = curl_certificates(easy)?.pointee, chain.num_of_certs > 0 else { return nil }
        var line = chain.certinfo[0]
        while let entry = line?.pointee {
            let text = String(cString: entry.data)
            if text.hasPrefix("Cert:") { return Fingerprint(pem: text.dropFirst(5)) }
            line = entry.next
        }
        return nil
    }
}
