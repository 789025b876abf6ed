internal import FoundationEssentials
public import Model

extension Store {
    /// The certificate that browsers are shown; nil before the first start has made one.
    public func certificate() throws -> ServedCertificate? {
        guard let text = try setting(CertificateSetting.key) else { return nil }
        return try JSONDecoder().decode(ServedCertificate.self, from: Data(text.utf8))
    }
}

public enum CertificateSetting {
    public static let key = "tls.certificate"
}
