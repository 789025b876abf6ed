import Database
import FoundationEssentials
public import Model
import Store

/// Which certificate browsers are shown; the certificate itself is a file, which nginx reads.
extension Ledger {
    public func serve(_ certificate: ServedCertificate, _ sentence: String, by author: Author) throws {
        let json = String(decoding: try JSONEncoder().encode(certificate), as: UTF8.self)
        try connection.write {
            if try wasCarriedOut(.certificateChanged, by: author) { return }
            try put(CertificateSetting.key, json)
            try append(.certificateChanged, sentence, by: author)
        }
    }
}
