internal import Model
internal import YAML

extension Form<String> {
    /// A password's crypt(3) hash, as in /etc/shadow; whatever stands there is never repeated.
    static var cryptHash: Self {
        Form(allowed: "a crypt hash that begins with $y$, $6$ or $5$") { (scalar) throws(Refusal) in
            do throws(PasswordHash.Malformed) {
                return try PasswordHash(scalar.text).text
            } catch {
                throw Refusal(message: "\(error)", isSecret: true)
            }
        }
    }
}
