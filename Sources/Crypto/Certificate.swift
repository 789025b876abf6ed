import COpenSSL
import Glibc

/// A certificate of its own signature, with its private key (ECDSA on P-256): for who is known by its fingerprint.
public struct Certificate: Sendable {
    /// In PEM, as web servers read it.
    public let text: String
    /// The private key in PEM.
    public let key: String
    /// The SHA-256 of its DER form, as browsers and Proxmox VE show it: pairs of upper-case digits with colons.
    public let fingerprint: String
    /// The host names and addresses that it is for.
    public let names: [String]
    /// Who vouches for it: its own common name where nobody else does.
    public let issuer: String
    public let isSelfSigned: Bool
    /// In seconds since 1970.
    public let validUntil: Int64

    /// `names` are the host names and IP addresses under which its holder is reached; the first is its common name.
    ///
    /// It is valid from 2020 on, and its days count from 2026 on at the earliest: the own clock may be wrong, and so may those of who looks at it.
    public init(names: [String], days: Int) throws(CryptoError) {
        precondition(!names.isEmpty && days > 0, "a certificate has a name, and a time to live")
        for name in names where !Self.isPlain(name) {
            throw CryptoError("\"\(name)\" is neither a host name nor an IP address, which a certificate is made for")
        }
        guard let key = openssl_new_p256_key(), let certificate = X509_new() else {
            throw CryptoError("OpenSSL made no key on P-256")
        }
        defer {
            EVP_PKEY_free(key)
            X509_free(certificate)
        }
        try Self.fill(certificate, names, days: days, key)
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw Self.refused(names) }
        try self.init([certificate], key)
    }

    /// Reads what somebody brings: certificates in PEM, the own one first, and somewhere among them the private key.
    public init(parsing text: String) throws(CryptoError) {
        var certificates: [OpaquePointer] = []
        defer { certificates.forEach(X509_free) }
        try Self.reading(text) { memory in
            while let certificate = PEM_read_bio_X509(memory, nil, nil, nil) { certificates.append(certificate) }
        }
        guard let own = certificates.first else {
            throw CryptoError("there is no certificate in it: it begins with -----BEGIN CERTIFICATE-----")
        }
        guard !text.contains("ENCRYPTED") else {
            throw CryptoError(
                "its private key has a passphrase, which nobody types here: openssl pkey -in FILE takes it off")
        }
        var key: OpaquePointer?
        defer { EVP_PKEY_free(key) }
        try Self.reading(text) { key = PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
        guard let key else {
            throw CryptoError("there is no private key in it: it begins with -----BEGIN PRIVATE KEY-----")
        }
        guard X509_check_private_key(own, key) == 1 else {
            throw CryptoError("its private key is not that of its first certificate, which has to be the server's own")
        }
        guard EVP_PKEY_get_security_bits(key) >= 112 else {
            throw CryptoError("its key is too short for browsers of today: RSA wants 2048 bits")
        }
        try self.init(certificates, key)
        ERR_clear_error()
    }

    /// The first of the certificates is that of the key, the others vouch for it.
    private init(_ certificates: [OpaquePointer], _ key: OpaquePointer) throws(CryptoError) {
        var texts: [String] = []
        for certificate in certificates { texts.append(try Self.text { PEM_write_bio_X509($0, certificate) }) }
        text = texts.joined()
        self.key = try Self.text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
        let own = certificates[0]
        fingerprint = try Self.fingerprint(own)
        names = try Self.names(own)
        issuer = Self.commonName(X509_get_issuer_name(own))
        isSelfSigned = X509_NAME_cmp(X509_get_issuer_name(own), X509_get_subject_name(own)) == 0
        var end = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(own), &end) == 1 else {
            throw CryptoError("its certificate does not say until when it is valid")
        }
        validUntil = Int64(timegm(&end))
    }

    private static func reading(_ text: String, _ read: (OpaquePointer) -> Void) throws(CryptoError) {
        let bytes = Array(text.utf8)
        guard let memory = BIO_new_mem_buf(bytes, CInt(bytes.count)) else {
            throw CryptoError("there is no memory for a certificate")
        }
        defer { BIO_free(memory) }
        read(memory)
    }

    /// OpenSSL writes `DNS:` or `IP Address:` before each.
    private static func names(_ certificate: OpaquePointer) throws(CryptoError) -> [String] {
        let lines = try text {
            openssl_print_names($0, certificate)
            return BIO_puts($0, "\n") > 0 ? 1 : 0
        }
        return lines.split(separator: "\n").compactMap { line in
            line.firstIndex(of: ":").map { String(line[line.index(after: $0)...]) }
        }
    }

    private static func commonName(_ name: OpaquePointer?) -> String {
        var characters = [CChar](repeating: 0, count: 256)
        guard X509_NAME_get_text_by_NID(name, NID_commonName, &characters, CInt(characters.count)) > 0 else {
            return ""
        }
        return String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func fill(
        _ certificate: OpaquePointer, _ names: [String], days: Int, _ key: OpaquePointer
    ) throws(CryptoError) {
        let end = max(time(nil), Self.leastNow) + days * 24 * 60 * 60
        // A browser takes no two certificates of one issuer with one number.
        let number = SecureRandom.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1 | 1
        let subject = X509_get_subject_name(certificate)
        guard X509_set_version(certificate, Int(X509_VERSION_3)) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number) == 1,
            ASN1_TIME_set(X509_getm_notBefore(certificate), Self.start) != nil,
            ASN1_TIME_set(X509_getm_notAfter(certificate), end) != nil,
            X509_set_pubkey(certificate, key) == 1,
            // A common name has at most 64 characters (RFC 5280, appendix A).
            X509_NAME_add_entry_by_txt(
                subject, "CN", MBSTRING_UTF8, Array(names[0].utf8.prefix(64)), CInt(min(names[0].utf8.count, 64)), -1, 0
            )
                == 1,
            X509_set_issuer_name(certificate, subject) == 1
        else { throw refused(names) }
        let alternatives = names.map { isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }.joined(separator: ",")
        try add(NID_subject_alt_name, alternatives, certificate, names)
        try add(NID_basic_constraints, "critical,CA:FALSE", certificate, names)
        try add(NID_ext_key_usage, "serverAuth", certificate, names)
    }

    /// 1 January 2020, and 1 January 2026, when there was no such program yet; in seconds since 1970.
    private static let (start, leastNow) = (1_577_836_800, 1_767_225_600)

    private static func add(
        _ kind: CInt, _ value: String, _ certificate: OpaquePointer, _ names: [String]
    ) throws(CryptoError) {
        guard let addition = X509V3_EXT_conf_nid(nil, nil, kind, value) else { throw refused(names) }
        defer { X509_EXTENSION_free(addition) }
        guard X509_add_ext(certificate, addition, -1) == 1 else { throw refused(names) }
    }

    private static func text(_ write: (OpaquePointer) -> CInt) throws(CryptoError) -> String {
        guard let memory = BIO_new(BIO_s_mem()) else { throw CryptoError("there is no memory for a certificate") }
        defer { BIO_free(memory) }
        var start: UnsafeMutablePointer<CChar>?
        guard write(memory) == 1, case let length = openssl_memory(memory, &start), length > 0, let start else {
            throw CryptoError("OpenSSL does not give the certificate that it made as PEM")
        }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }

    private static func fingerprint(_ certificate: OpaquePointer) throws(CryptoError) -> String {
        var (digest, length) = ([UInt8](repeating: 0, count: 32), UInt32(32))
        guard X509_digest(certificate, EVP_sha256(), &digest, &length) == 1 else {
            throw CryptoError("OpenSSL gives no digest of the certificate that it made")
        }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
    }

    /// OpenSSL reads the names as a list with commas and words of its own in it.
    private static func isPlain(_ name: String) -> Bool {
        (1...253).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                let character = Character(UnicodeScalar(byte))
                return character.isASCII && (character.isLetter || character.isNumber || ".-:_".contains(character))
            } && (!name.contains(":") || isAddress(name))
    }

    private static func isAddress(_ name: String) -> Bool {
        guard let address = a2i_IPADDRESS(name) else { return false }
        ASN1_STRING_free(address)
        return true
    }

    private static func refused(_ names: [String]) -> CryptoError {
        CryptoError("OpenSSL made no certificate for \(names.joined(separator: ", "))")
    }
}
