extension NodePrograms {
    /// What an administrator types; `add` is a file of its own.
    static let pvecm = #"""
        #!/bin/sh
        # Behaves as pvecm of Proxmox VE does, with a cluster that does not exist.
        set -u
        here=$(cd "$(dirname "$0")/.." && pwd)
        . "$here/lib/talk.sh"
        . "$here/lib/join.sh"

        need_cluster() {
            is_member || die "Error: Corosync config '/etc/pve/corosync.conf' does not exist - is this node part of a cluster?" 2
            as_node
        }
        show() {
            need_cluster
            api GET "/corosync/$node" || die "$(message)"
            text "$1"
        }

        command=${1:-}
        [ $# -gt 0 ] && shift
        case $command in
        add) add "$@";;
        addnode) add_for_other "$@";;
        apiver) echo 1;;
        delnode)
            need_cluster
            [ $# -eq 1 ] || die "400 not enough arguments"
            id=$(pvecm_id "$1")
            api DELETE "/cluster/config/nodes/$1" || die "$(message)"
            echo "Killing node $id";;
        expected)
            need_cluster
            [ $# -eq 1 ] || die '400 not enough arguments'
            api POST "/corosync/$node/expected" --data-urlencode "votes=$1" || die "$(message)";;
        nodes) show nodes;;
        standin-files)
            # In the place of rsync, which would copy both files out of folders of the real machine.
            as_node
            api GET "/corosync/$node" || die "$(message)"
            cat "$scratch/body";;
        status) show status;;
        updatecerts) is_member && meet; echo '(re)generate node files'; echo 'merge authorized SSH keys';;
        '') die 'ERROR: no command specified';;
        *) die "ERROR: unknown command 'pvecm $command'";;
        esac

        """#
}
