extension NodePrograms {
    /// What pvecm and pvesh share: how the cluster is asked, and what it says.
    static let talk = #"""
        # Read by the programs of a node that does not exist.
        umask 077
        . "${SPROUT_STANDIN:-$here/standin.conf}"
        scratch=$(mktemp -d)
        trap 'rm -rf "$scratch"' EXIT
        trap 'exit 143' HUP INT TERM
        : > "$scratch/fields"
        # A node that has joined knows whom it joined.
        [ -z "$socket" ] && [ -e "$corosync/standin" ] && . "$corosync/standin"

        complain() { printf '%s\n' "$1" >&2; }
        die() { complain "$1"; exit "${2:-255}"; }
        # Waits as long as a real node takes for something, scaled.
        pause() { sleep "$(awk -v seconds="$1" -v speed="$speed" 'BEGIN { printf "%.3f", seconds / speed }')"; }

        # Asks with the words of curl that follow the path; what comes back is in status, reason and body.
        api() {
            method=$1 path=$2
            shift 2
            if [ -n "$socket" ]; then
                base=http://localhost
                set -- --unix-socket "$socket" --header "X-Node: $node" "$@"
            else
                case $host in *:*) base=https://[$host]:$port;; *) base=https://$host:$port;; esac
            fi
            code=0
            # The certificate was looked at before, by its fingerprint.
            curl --silent --show-error --insecure --noproxy '*' --max-time 60 --request "$method" \
                --header "@$scratch/fields" --dump-header "$scratch/head" --output "$scratch/body" "$@" \
                "$base/api2/json$path" 2> "$scratch/words" < /dev/null || code=$?
            case $code in
            0) ;;
            7) reason="500 Can't connect to $host:$port (Connection refused)"; status=500; return 1;;
            28) reason="500 Can't connect to $host:$port (Connection timed out)"; status=500; return 1;;
            18|52|56) reason='500 Server closed connection without sending any data back'; status=500; return 1;;
            *) reason="500 $(cat "$scratch/words")"; status=500; return 1;;
            esac
            reason=$(sed -n '1s/^[^ ]* \([^\r]*\).*/\1/p' "$scratch/head")
            status=${reason%% *}
            [ "$status" = 200 ]
        }

        # As root of this node, which the cluster knows by the key of corosync.
        as_node() {
            [ -n "$socket" ] || printf 'X-Node: %s\nX-Corosync-Key: %s\n' "$node" "$(cat "$corosync/authkey")" \
                > "$scratch/fields"
        }

        # A text, or a number, of the last answer.
        text() {
            printf '%b' "$(sed -n 's/.*"'"$1"'":"\(\([^"\\]\|\\.\)*\)".*/\1/p' "$scratch/body" | sed 's/\\"/"/g')"
        }
        number() { sed -n 's/.*"'"$1"'":\([0-9]*\).*/\1/p' "$scratch/body"; }
        message() { said=$(text message); printf '%s' "${said:-${reason#* }}"; }
        is_member() { [ -n "$socket" ] || [ -e "$pve/corosync.conf" ]; }

        """#
}
