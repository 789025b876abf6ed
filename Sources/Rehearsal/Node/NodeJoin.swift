extension NodePrograms {
    /// `pvecm add`: its words, their order, its checks, and that it says 0 whatever became of it.
    static let join = #"""
        usage='pvecm add <hostname> [OPTIONS]'

        # Takes the options out of the words: links, nodeid, votes, force, fingerprint, use_ssh; host is what is left.
        options() {
            host= links= nodeid= votes= force=0 fingerprint= use_ssh=0
            while [ $# -gt 0 ]; do
                case $1 in
                -*) ;;
                *)
                    [ -z "$host" ] || die "400 too many arguments
        $usage"
                    host=$1
                    shift
                    continue;;
                esac
                name=${1#-} name=${name#-} value=
                shift
                case $name in
                *=*) value=${name#*=} name=${name%%=*};;
                force|use_ssh) case ${1:-} in 0|1|yes|no|true|false|on|off) value=$1; shift;; *) value=1;; esac;;
                *)
                    [ $# -gt 0 ] || die "400 unable to parse option
        $usage"
                    value=$1
                    shift;;
                esac
                case $value in yes|true|on) value=1;; no|false|off) value=0;; esac
                case $name in
                link[0-7]) links="$links $name=$value";;
                nodeid|votes|force|use_ssh) eval "$name=\$value";;
                fingerprint)
                    printf '%s\n' "$value" | grep -Eqi '^([0-9a-f]{2}:){31}[0-9a-f]{2}$' || die "400 Parameter verification failed.
        fingerprint: value does not match the regex pattern
        $usage"
                    fingerprint=$value;;
                *) die "Unknown option: $name
        400 unable to parse option
        $usage";;
                esac
            done
            [ -n "$host" ] || die "400 not enough arguments
        $usage"
        }

        address_of() {
            set -- "${1#*=}"
            set -- "${1%%,priority=*}"
            printf '%s' "${1#address=}"
        }

        is_own() { case " $addresses " in *" $1 "*) return 0;; *) return 1;; esac; }

        # Whether this node may join at all; --force makes warnings of what is in the way.
        check() {
            errors=
            [ -e "$corosync/authkey" ] && errors="$errors* authentication key '/etc/corosync/authkey' already exists
        "
            [ -e "$pve/corosync.conf" ] && errors="$errors* cluster config '/etc/pve/corosync.conf' already exists
        "
            for file in "$pve/nodes/$node/qemu-server/"*.conf "$pve/nodes/$node/lxc/"*.conf; do
                [ -e "$file" ] && errors="$errors* this host already contains virtual guests
        " && break
            done
            for link in $links; do
                given=$(address_of "$link")
                is_own "$given" || errors="$errors* ${link%%=*}: cannot use IP '$given', not found on local node!
        "
            done
            [ -z "$errors" ] && return 0
            complain "detected the following error(s):
        $errors"
            [ "$force" = 1 ] && complain 'WARNING : detected error(s) - forced continue' && return 0
            complain 'Check if node may join a cluster failed!'
            return 1
        }

        add() {
            case $(pwd -P)/ in /etc/pve/*|"$pve"/*) die 'Navigate out of /etc/pve first: it is replaced by a join.';; esac
            options "$@"
            if [ "$use_ssh" = 0 ]; then
                password=
                if [ -t 0 ]; then
                    printf "Please enter superuser (root) password for '%s': " "$host"
                    stty -echo
                    IFS= read -r password
                    stty echo
                    echo
                else
                    IFS= read -r password || [ -n "$password" ] || die 'EOF while reading password'
                fi
                [ -n "$fingerprint" ] || IFS= read -r is_trusted || is_trusted=
            fi
            mkdir -p "$lock"
            exec 8> "$lock/pvecm.lock"
            flock -w 10 8 || die "can't lock file '/var/lock/pvecm.lock' - got timeout"
            # What goes wrong in the worker is told, and nothing else.
            if [ "$use_ssh" = 1 ]; then (check && join_by_ssh); else (check && join_by_api); fi
            exit 0
        }

        link_fields() { for link in $links; do printf '%s\n' "--data-urlencode" "$link"; done; }

        # The certificate is looked at by itself: curl knows no fingerprints of certificates.
        is_known() {
            shown=$(openssl s_client -connect "$host:$port" </dev/null 2>/dev/null \
                | openssl x509 -noout -fingerprint -sha256 2>/dev/null | cut -d= -f2)
            [ -n "$shown" ] || { complain "500 Can't connect to $host:$port (Connection refused)"; return 1; }
            if [ -n "$fingerprint" ]; then
                [ "$(printf '%s' "$fingerprint" | tr a-f A-F)" = "$shown" ] && return 0
            else
                echo "The authenticity of host '$host' can't be established."
                echo "X509 SHA256 key fingerprint is $shown."
                echo 'Are you sure you want to continue connecting (yes/no)? '
                [ "$is_trusted" = yes ] && return 0
            fi
            complain "fingerprint '$shown' not verified, abort!"
            return 1
        }

        join_by_api() {
            echo "Establishing API connection with host '$host'"
            pause 1
            is_known || return
            printf '%s' "$password" > "$scratch/password"
            api POST /access/ticket --data-urlencode username=root@pam --data-urlencode "password@$scratch/password" \
                || { complain "$reason"; return; }
            [ -z "$(number NeedTFA)" ] || { complain 'TFA-enabled login currently works only with a TTY.'; return; }
            printf 'Cookie: PVEAuthCookie=%s\nCSRFPreventionToken: %s\n' "$(text ticket)" "$(text CSRFPreventionToken)" \
                > "$scratch/fields"
            echo 'Login succeeded.'
            echo 'check cluster join API version'
            api GET /cluster/config/apiversion || { complain 'Remote side is not able to use API for Cluster join!'; return; }
            own=${addresses%% *}
            [ -n "$links" ] || echo "No cluster network links passed explicitly, fallback to local node IP '$own'"
            echo 'Request addition of this node'
            pause 1
            set -- --data-urlencode "new_node_ip=$own" --data-urlencode apiversion=1
            for link in $links; do set -- "$@" --data-urlencode "$link"; done
            [ -z "$nodeid" ] || set -- "$@" --data-urlencode "nodeid=$nodeid"
            [ -z "$votes" ] || set -- "$@" --data-urlencode "votes=$votes"
            [ "$force" = 0 ] || set -- "$@" --data-urlencode force=1
            if ! api POST "/cluster/config/nodes/$node" "$@"; then
                [ "$code" = 0 ] || { complain "$reason"; return; }
                complain "An error occurred on the cluster node: $(message)"
                complain 'Cluster join aborted!'
                return
            fi
            echo 'Join request OK, finishing setup locally'
            finish
        }

        """#
}
