extension Session {
    /// Takes a key out of the user's authorized_keys and authorized_keys2, and says whether it was there.
    ///
    /// Every line that lets this key in goes, whatever its options and its comment; the others stay as they are.
    public mutating func removeKey(_ key: PublicKey) async throws -> Bool {
        let line = Script(Self.removeKeyScript, [key.type, key.text]).line
        let command = Command(name: "the removal of a key", line: line)
        let outcome = try await carryOut(command, Transcript(limit: .seconds(60), silence: .seconds(60)))
        switch outcome.end {
        case .exited(0): return true
        case .exited(3): return false
        default: throw SSHFailed.notDone("did not take a key out of authorized_keys", server, outcome)
        }
    }

    // On Proxmox VE the first file is a link into the cluster's own file system, which is the file to replace; that one
    // gives its files owner and mode itself, and refuses to have them set. A link to nothing is no sign that the key is
    // gone: it hangs in the air while that file system is not there. The second file is the other one that sshd reads.
    private static let removeKeyScript = """
        set -eu
        umask 077
        draft=
        trap 'rm -f "$draft"' EXIT
        status=3
        for link in "$HOME/.ssh/authorized_keys" "$HOME/.ssh/authorized_keys2"; do
            if [ ! -e "$link" ]; then
                [ ! -L "$link" ] && continue
                echo "$link is a link to $(readlink "$link"), which is not there now" >&2
                exit 1
            fi
            file=$(readlink -f "$link")
            draft=$file.sprout.$$
            awk -v type="$1" -v key="$2" '
                !/^[ \\t]*#/ { for (i = 1; i < NF; i++) if ($i == type && $(i + 1) == key) next }
                { print }' "$file" > "$draft"
            if cmp -s "$file" "$draft"; then
                rm -f "$draft"
                continue
            fi
            owner=$(stat -c %u:%g "$file")
            [ "$(stat -c %u:%g "$draft")" = "$owner" ] || chown "$owner" "$draft"
            mode=$(stat -c %a "$file")
            [ "$(stat -c %a "$draft")" = "$mode" ] || chmod "$mode" "$draft"
            mv -f "$draft" "$file"
            status=0
        done
        exit "$status"
        """
}
