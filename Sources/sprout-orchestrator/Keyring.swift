import Control
import Crypto
import Ledger
import Linux
import Model

/// Makes the keys of operations, and seals what only this process may read.
struct Keyring: Sendable {
    private let seal: Seal
    private let key: [UInt8]

    /// The sealing key is a credential of systemd's, or else a file of this user's alone, made at the first start.
    init(folder: String) throws {
        let credential = Environment["CREDENTIALS_DIRECTORY"].map { "\($0)/sprout-sealing-key" }
        if let credential, Files.exists(credential) {
            key = try Files.read(credential)
        } else {
            let path = "\(folder)/sealing-key"
            if !Files.exists(path) {
                try Files.makeFolder(folder, mode: 0o700)
                try Files.write(SecureRandom.bytes(Seal.keyLength), to: path, mode: 0o600)
            }
            key = try Files.read(path)
        }
        seal = try Seal(key: key)
    }

    /// The sealing key itself, for a backup: without it none of its secrets would open.
    var whole: [UInt8] { key }

    func seal(_ secret: [UInt8], as name: String) throws -> [UInt8] { try seal.seal(secret, as: name) }

    func open(_ sealed: [UInt8], as name: String) throws -> [UInt8] { try seal.open(sealed, as: name) }

    /// 32 bytes for one purpose, always the same ones, from which nobody learns the key itself.
    func derived(for purpose: String) -> [UInt8] { Signature.sha256(of: Array(purpose.utf8), key: key) }

    @Sendable func makeKey(ofOperation id: String) throws -> OperationKey {
        let pair = try KeyPair()
        return OperationKey(
            line: pair.line(comment: "sprout \(id)"), sealed: try seal.seal(pair.privateKey, as: Ledger.nameOfKey(id)))
    }

    /// The hash of a password that nobody knows, always the same one for an operation: no password has this hash.
    func unknowableHash(ofOperation id: String) throws -> PasswordHash {
        let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var bytes: [UInt8] = []
        for round in 0..<4 { bytes += Digest.sha256(key + Array("password \(id) \(round)".utf8)) }
        let letters = bytes.map { alphabet[Int($0) & 63] }
        let (salt, digest) = (letters.prefix(16), letters.dropFirst(16).prefix(86))
        return try PasswordHash(
            "$6$\(String(decoding: salt, as: UTF8.self))$\(String(decoding: digest, as: UTF8.self))")
    }
}
