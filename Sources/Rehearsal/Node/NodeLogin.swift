extension NodePrograms {
    /// What a node has that is no machine of its own: the way in, and answers that the real machine would give of itself.
    public static let ofMachine: [String: String] = [
        "bin/chronyc": chronyc, "bin/hostname": hostname, "bin/ip": ip, "bin/ping": ping,
        "bin/pveversion": pveversion, "bin/ssh": ssh, "bin/timedatectl": timedatectl, "lib/login": login,
    ]

    // Whoever logs in is whoever runs the rehearsal, and has that person's files: so the folders of root and of Proxmox VE
    // are put in other places before anything runs.
    private static let login = #"""
        # Runs what somebody who has logged in asks for, as if this were a machine of its own.
        here=$1
        . "$here/standin.conf"
        export PATH="$here/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME="$home" LC_ALL=C
        cd "$home" || exit 255
        line=$(printf '%s' "${SSH_ORIGINAL_COMMAND:-}" | sed -E \
            "s#(^|[^A-Za-z0-9_./-])(/etc/pve|/etc/corosync|/var/lib/pve-cluster|/root|/run)(\$|[^A-Za-z0-9_.-])#\1$root\2\3#g")
        [ -n "$line" ] || { echo 'A node of a rehearsal takes commands, and has no terminal.' >&2; exit 1; }
        exec sh -c "$line"

        """#

    private static let hostname = #"""
        #!/bin/sh
        . "$(dirname "$0")/../standin.conf"
        case ${1:-} in
        -I|--all-ip-addresses) echo "$addresses";;
        -i) echo "${addresses%% *}";;
        *) echo "$node";;
        esac

        """#

    private static let ip = #"""
        #!/bin/sh
        # The addresses of the node, in the form of `ip --json address`, or in its short one.
        . "$(dirname "$0")/../standin.conf"
        case " $* " in
        *" -j"*|*" --json "*|*" -json "*)
            list=
            for address in $addresses; do
                list="$list${list:+,}{\"family\":\"inet\",\"local\":\"$address\",\"prefixlen\":20,\"scope\":\"global\"}"
            done
            echo "[{\"ifname\":\"vmbr0\",\"operstate\":\"UP\",\"addr_info\":[$list]}]";;
        *) for address in $addresses; do echo "2: vmbr0    inet $address/20 scope global vmbr0"; done;;
        esac

        """#

    // Everybody is on one machine.
    private static let ping = #"""
        #!/bin/sh
        for host in "$@"; do :; done
        printf 'PING %s 56(84) bytes of data.\n\n--- %s ping statistics ---\n' "$host" "$host"
        echo '3 packets transmitted, 3 received, 0% packet loss, time 2003ms'
        echo 'rtt min/avg/max/mdev = 0.041/0.052/0.063/0.009 ms'

        """#

    private static let pveversion = #"""
        #!/bin/sh
        . "$(dirname "$0")/../standin.conf"
        echo "pve-manager/$version/0000000000000000 (running kernel: 6.14.8-2-pve)"

        """#

    private static let chronyc = #"""
        #!/bin/sh
        # The clock of the node is that of the machine that it is played on.
        case " $* " in
        *" tracking "*) printf 'Reference ID    : 7F000001 (rehearsal)\nSystem time     : 0.000000 seconds fast of NTP time\nLeap status     : Normal\n';;
        esac

        """#

    private static let timedatectl = #"""
        #!/bin/sh
        case " $* " in
        *" --value "*) echo yes;;
        *" show "*) echo NTPSynchronized=yes;;
        *) echo 'System clock synchronized: yes';;
        esac

        """#

    // The client of OpenSSH asks the user database where home is, not the environment.
    private static let ssh = #"""
        #!/bin/sh
        . "$(dirname "$0")/../standin.conf"
        exec /usr/bin/ssh -F none -i "$home/.ssh/id_rsa" -o UserKnownHostsFile="$home/.ssh/known_hosts" "$@"

        """#
}
