/// What takes out of files what a stranger must not have, as a script of sed.
///
/// What is collected holds no secret by design: this is for what somebody wrote into a name, an address or a file of settings.
enum Redaction {
    static let script = #"""
        # Tokens of programs and of operations, and what a request shows to be let in.
        s/sprout_[0-9a-f]{16,}/sprout_(hidden)/g
        s/([Bb]earer +)[A-Za-z0-9._~+\/=-]{8,}/\1(hidden)/g
        # Hashes of passwords, as crypt(3) writes them.
        s/\$(y|gy|7|6|5|2[abxy]?|1)\$[.\/A-Za-z0-9$]{8,}/(a hash)/g
        /BEGIN [A-Z ]*PRIVATE KEY/,/END [A-Z ]*PRIVATE KEY/d
        # Whatever is called a secret; yes and no are none.
        s/((token|secret|password|passwd|passphrase|api[_-]?key)["']?[[:space:]]*[=:][[:space:]]*["']?)(true|false|null)\b/\1\x01\3/Ig
        s/((token|secret|password|passwd|passphrase|api[_-]?key)["']?[[:space:]]*[=:][[:space:]]*["']?)[^][:space:]"'&,;<>{}[\\\x01]{4,}/\1(hidden)/Ig
        s/\x01//g
        # A name and a password in an address; and the paths of those who are told, which may be all that they ask for.
        s/(https?:\/\/)[^[:space:]\/"'@]+:[^[:space:]\/"'@]+@/\1(hidden)@/g
        s/^([[:space:]]*(-[[:space:]]+)?url:[[:space:]]*["']?https?:\/\/[^[:space:]\/"']+)\/[^[:space:]"']+/\1\/(hidden)/
        """#
}
