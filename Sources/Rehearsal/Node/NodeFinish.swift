extension NodePrograms {
    /// The part of a join in which the node becomes another, and the way there over SSH.
    static let finish = #"""
        # The member is asked by its own root, as whom this node logs in there.
        join_by_ssh() {
            ssh-copy-id -i "$home/.ssh/id_rsa" "root@$host" >/dev/null 2>&1 || { complain 'unable to copy ssh ID'; return; }
            pause 1
            ssh "$host" -l root -o BatchMode=yes pvecm apiver >/dev/null || {
                complain 'Remote side is not able to use API for Cluster join!'
                return
            }
            set -- pvecm addnode "$node" --force 1
            for link in $links; do set -- "$@" "--${link%%=*}" "${link#*=}"; done
            [ -z "$nodeid" ] || set -- "$@" --nodeid "$nodeid"
            [ -z "$votes" ] || set -- "$@" --votes "$votes"
            ssh "$host" -l root -o BatchMode=yes "$@" || {
                complain "unable to add node: command failed (ssh $host -o BatchMode=yes $*)"
                return
            }
            echo 'copy corosync auth key'
            ssh "$host" -l root -o BatchMode=yes pvecm standin-files > "$scratch/body" || {
                complain "can't rsync data from host '$host'"
                return
            }
            finish
        }

        # On a member: `addnode <node> --force 1 --linkN …`, which the joining node asks for.
        add_for_other() {
            other=$1
            shift
            options "$other" "$@"
            set -- --data-urlencode apiversion=0
            for link in $links; do
                set -- "$@" --data-urlencode "$link"
                [ "${link%%=*}" != link0 ] || set -- "$@" --data-urlencode "new_node_ip=$(address_of "$link")"
            done
            [ -z "$nodeid" ] || set -- "$@" --data-urlencode "nodeid=$nodeid"
            [ -z "$votes" ] || set -- "$@" --data-urlencode "votes=$votes"
            [ "$force" = 0 ] || set -- "$@" --data-urlencode force=1
            api POST "/cluster/config/nodes/$other" "$@" || die "$(message)"
        }

        pvecm_id() {
            api GET /cluster/config/nodes && sed 's/},{/\n/g' "$scratch/body" | grep -F "\"$1\"" \
                | sed -n 's/.*"nodeid":"\([0-9]*\)".*/\1/p' | head -n 1
        }

        # Corosync and the cluster's file system of this node meet the others, or do not.
        meet() {
            as_node
            [ -z "$is_cut_off" ] || { status=503; return 1; }
            api POST "/corosync/$node" "$@"
        }

        # What the cluster's file system shows here.
        mirror() {
            text authorized_keys > "$pve/priv/authorized_keys"
            text members > "$pve/.members"
            text corosync_conf > "$pve/corosync.conf"
        }

        finish() {
            # The file system of a real node is no place to play in.
            if mountpoint -q "$pve"; then complain "$pve is a real one: it is left alone"; return; fi
            mkdir -p "$corosync" "$lib/backup" "$home/.ssh"
            text corosync_authkey > "$corosync/authkey"
            text corosync_conf > "$corosync/corosync.conf"
            printf "host='%s' port='%s'\n" "$host" "$port" > "$corosync/standin"
            echo 'stopping pve-cluster service'
            pause 1
            backup=backup/config-$(date +%s).sql.gz
            echo "backup old database to '/var/lib/pve-cluster/$backup'"
            tar -C "$pve" -czf "$lib/$backup" .
            # From here on the keys that this node was given are gone, and until the others are met nobody logs in by key.
            find "$pve" -mindepth 1 -delete
            ln -sfn "$pve/priv/authorized_keys" "$home/.ssh/authorized_keys"
            pause 2
            if ! meet && [ -z "$is_cut_off" ]; then complain 'starting pve-cluster failed'; return; fi
            # What the others have follows with quorum, this at once.
            cp "$corosync/corosync.conf" "$pve/corosync.conf"
            printf 'waiting for quorum...'
            pause 3
            until meet && [ "$(number quorate)" = 1 ]; do
                [ -z "$owner" ] || kill -0 "$owner" 2>/dev/null || return
                sleep 1
            done
            echo OK
            echo '(re)generate node files'
            mkdir -p "$pve/priv" "$pve/nodes/$node"
            ln -sfn "nodes/$node" "$pve/local"
            echo 'generate new node certificate'
            pause 1
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 730 -subj "/CN=$node" \
                -keyout "$pve/nodes/$node/pve-ssl.key" -out "$pve/nodes/$node/pve-ssl.pem" 2>/dev/null
            echo 'merge authorized SSH keys'
            new=$(openssl x509 -noout -fingerprint -sha256 -in "$pve/nodes/$node/pve-ssl.pem" | cut -d= -f2)
            set -- --data-urlencode "fingerprint=$new"
            [ ! -e "$home/.ssh/id_rsa.pub" ] || set -- "$@" --data-urlencode "key=$(cat "$home/.ssh/id_rsa.pub")"
            meet "$@" || { complain "$(message)"; return; }
            mirror
            echo 'generated new node certificate, restart pveproxy and pvedaemon services'
            pause 1
            echo "successfully added node '$node' to cluster."
        }

        """#

    static let pvesh = #"""
        #!/bin/sh
        # Behaves as pvesh of Proxmox VE does, with a cluster that does not exist.
        set -u
        here=$(cd "$(dirname "$0")/.." && pwd)
        . "$here/lib/talk.sh"

        verb=${1:-} path=${2:-}
        [ $# -ge 2 ] || die 'ERROR: no command specified'
        shift 2
        case $verb in get) method=GET;; create) method=POST;; delete) method=DELETE;; *) die "ERROR: unknown command 'pvesh $verb'";; esac
        set -- "$@" --
        while [ "$1" != -- ]; do
            name=${1#-} name=${name#-}
            case $name in
            *=*) value=${name#*=} name=${name%%=*}; shift;;
            noborder|noheader) shift; continue;;
            *) value=$2; shift 2;;
            esac
            [ "$name" = output-format ] || set -- "$@" --data-urlencode "$name=$value"
        done
        shift
        [ "$method" != GET ] || set -- --get "$@"
        if ! is_member; then
            case $path in
            /cluster/status)
                echo "[{\"id\":\"node/$node\",\"ip\":\"${addresses%% *}\",\"level\":\"\",\"local\":1,\"name\":\"$node\",\"nodeid\":0,\"online\":1,\"type\":\"node\"}]";;
            /cluster/config/join) die 'node is not in a cluster, no join info available!' 2;;
            /cluster/config/nodes|/cluster/resources) echo '[]';;
            /nodes) echo "[{\"id\":\"node/$node\",\"node\":\"$node\",\"status\":\"online\",\"type\":\"node\"}]";;
            /version) echo "{\"release\":\"${version%.*}\",\"version\":\"$version\"}";;
            *) die "No '$verb' handler defined for '$path'";;
            esac
            exit 0
        fi
        as_node
        api "$method" "$path" "$@" || die "$(message)" 2
        sed 's/^{"data":\(.*\)}$/\1/' "$scratch/body"
        echo

        """#
}
