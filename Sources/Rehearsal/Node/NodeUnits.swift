extension NodePrograms {
    /// Systemd of a node that runs on a machine whose systemd is not its own: units that outlive a login, and their lines.
    public static let ofUnits: [String: String] = [
        "bin/systemd-run": systemdRun, "bin/systemctl": systemctl, "bin/journalctl": journalctl,
        "lib/unit.sh": unit,
    ]

    private static let systemdRun = #"""
        #!/bin/sh
        # Starts a command that goes on when who started it has left.
        set -u
        here=$(cd "$(dirname "$0")/.." && pwd)
        . "$here/standin.conf"
        name=run-$$ input=/dev/null directory=$home remains=0 collects=0
        property() {
            case $1 in
            WorkingDirectory=*) directory=${1#*=};;
            StandardInput=file:*) input=${1#*:};;
            RemainAfterExit=yes|RemainAfterExit=1) remains=1;;
            esac
        }
        while [ $# -gt 0 ]; do
            case $1 in
            --unit=*) name=${1#*=};;
            --unit|-u) name=$2; shift;;
            --property=*) property "${1#*=}";;
            --property|-p) property "$2"; shift;;
            --setenv=*) export "${1#*=}";;
            --working-directory=*) directory=${1#*=};;
            --remain-after-exit|-r) remains=1;;
            --collect|-G) collects=1;;
            --) shift; break;;
            -*) ;;
            *) break;;
            esac
            shift
        done
        [ $# -gt 0 ] || { echo 'Command line to execute required.' >&2; exit 1; }
        unit=$root/run/units/${name%.service}
        mkdir -p "$root/run/units" "$root/var/log/journal"
        # A command that is not there fails before anything is said to run.
        command -v "$1" >/dev/null || { echo "Failed to find executable $1: No such file or directory" >&2; exit 1; }
        mkdir "$unit" 2>/dev/null || {
            echo "Failed to start transient service unit: Unit ${name%.service}.service was already loaded or has a fragment file." >&2
            exit 1
        }
        printf '%s\n' "$remains" > "$unit/remains"
        printf '%s\n' "$collects" > "$unit/collects"
        read -r up _ < /proc/uptime
        echo "${up%.*}${up#*.}0000" > "$unit/start"
        # Opened here: whoever holds the other end of a FIFO goes when this program has ended.
        exec 9< "$input"
        setsid sh "$here/lib/unit.sh" "$here" "$unit" "$directory" "$@" <&9 9<&- >/dev/null 2>&1 &
        while [ ! -s "$unit/pid" ]; do sleep 0.01; done
        exit 0

        """#

    private static let unit = #"""
        # Runs the command of a unit, keeps its lines, and how it ended.
        here=$1 unit=$2 directory=$3
        shift 3
        journal=${unit%/run/units/*}/var/log/journal/${unit##*/}
        echo $$ > "$unit/pid.new" && mv "$unit/pid.new" "$unit/pid"
        # Systemd makes one dollar sign of two.
        count=$#
        while [ "$count" -gt 0 ]; do
            word=$(printf '%s.' "$1" | sed 's/\$\$/$/g')
            shift
            set -- "$@" "${word%.}"
            count=$((count - 1))
        done
        cd "$directory" || exit 1
        # A signal is for the command; how that ended is still to be noted.
        trap : TERM
        # In microseconds since the machine started.
        now() { read -r up _ < /proc/uptime; echo "${up%.*}${up#*.}0000"; }
        began=$(now)
        { "$@" 2>&1; echo $? > "$unit/code.new"; } | {
            number=$([ -e "$journal" ] && wc -l < "$journal" || echo 0)
            while IFS= read -r line || [ -n "$line" ]; do
                number=$((number + 1))
                said=$(printf '%s' "$line" | tr -d '\000-\010\013-\037' | sed 's/\\/\\\\/g; s/"/\\"/g; s/\t/\\t/g')
                printf '{"MESSAGE":"%s","__CURSOR":"s=%s;i=%s","__MONOTONIC_TIMESTAMP":"%s","_SYSTEMD_UNIT":"%s.service"}\n' \
                    "$said" "${unit##*/}" "$number" "$(now)" "${unit##*/}" >> "$journal"
            done
        }
        [ -e "$unit/code.new" ] || echo 143 > "$unit/code.new"
        echo $(($(now) - began)) >> "${unit%/units/*}/worked"
        if [ "$(cat "$unit/collects")" = 1 ]; then rm -rf "$unit"; exit; fi
        if [ "$(cat "$unit/remains")$(cat "$unit/code.new")" = 00 ]; then rm -rf "$unit"; exit; fi
        mv "$unit/code.new" "$unit/code"

        """#

    private static let systemctl = #"""
        #!/bin/sh
        # Says how units are, and ends them: those that systemd-run has started, and the services of a node.
        set -u
        here=$(cd "$(dirname "$0")/.." && pwd)
        . "$here/standin.conf"
        verb= properties= values=0 names=
        while [ $# -gt 0 ]; do
            case $1 in
            --property=*) properties=${1#*=};;
            --property|-p) properties=$2; shift;;
            --value) values=1;;
            -*) ;;
            *) if [ -z "$verb" ]; then verb=$1; else names="$names ${1%.service}"; fi;;
            esac
            shift
        done
        # Sets what systemd knows of a unit.
        look() {
            unit=$root/run/units/$1
            LoadState=loaded ActiveState=active SubState=running Result=success ExecMainCode=0 ExecMainStatus=0
            ConditionTimestampMonotonic=0
            if [ -d "$unit" ]; then
                ConditionTimestampMonotonic=$(cat "$unit/start" 2>/dev/null || echo 0)
                [ -e "$unit/code" ] || return 0
                ExecMainCode=1 ExecMainStatus=$(cat "$unit/code") SubState=exited
                [ "$ExecMainStatus" = 0 ] && return 0
                ActiveState=failed SubState=failed Result=exit-code
                [ "$ExecMainStatus" -le 128 ] || { ExecMainCode=2 Result=signal ExecMainStatus=$((ExecMainStatus - 128)); }
                return 0
            fi
            case $1 in
            pve-cluster|pvedaemon|pveproxy|pvestatd|ssh|chrony) return 0;;
            corosync) [ -e "$pve/corosync.conf" ] && return 0; ActiveState=inactive SubState=dead; return 0;;
            esac
            LoadState=not-found ActiveState=inactive SubState=dead
        }
        end() {
            unit=$root/run/units/$1
            [ -e "$unit/pid" ] && [ ! -e "$unit/code" ] && kill -TERM "-$(cat "$unit/pid")" 2>/dev/null
            rm -rf "$unit"
        }
        case $verb in
        is-system-running) echo running;;
        show)
            for name in $names; do
                look "$name"
                for property in $(echo "$properties" | tr , ' '); do
                    eval "value=\${$property-}"
                    [ "$values" = 1 ] && echo "$value" || echo "$property=$value"
                done
            done;;
        is-active|is-failed)
            status=0
            for name in $names; do
                look "$name"
                echo "$ActiveState"
                [ "$ActiveState" = "${verb#is-}" ] || status=3
            done
            exit $status;;
        stop|reset-failed) for name in $names; do end "$name"; done;;
        kill) for name in $names; do kill -TERM "-$(cat "$root/run/units/$name/pid")"; done;;
        status) for name in $names; do look "$name"; echo "$name.service: $ActiveState ($SubState)"; done;;
        esac

        """#

    private static let journalctl = #"""
        #!/bin/sh
        # Shows the lines of one unit.
        set -u
        here=$(cd "$(dirname "$0")/.." && pwd)
        . "$here/standin.conf"
        name= cursor=0 form=cat most=+1
        while [ $# -gt 0 ]; do
            case $1 in
            _SYSTEMD_UNIT=*|--unit=*) name=${1#*=};;
            -u|--unit) name=$2; shift;;
            --after-cursor=*) cursor=${1##*i=};;
            --output=*) form=${1#*=};;
            -o) form=$2; shift;;
            --lines=*) most=${1#*=};;
            -n) most=$2; shift;;
            esac
            shift
        done
        journal=$root/var/log/journal/${name%.service}
        [ -n "$name" ] && [ -e "$journal" ] || exit 0
        tail -n "+$((cursor + 1))" "$journal" | tail -n "$most" | case $form in
        json) cat;;
        *) sed 's/^{"MESSAGE":"\(.*\)","__CURSOR.*/\1/; s/\\"/"/g; s/\\\\/\\/g';;
        esac

        """#
}
