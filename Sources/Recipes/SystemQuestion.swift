/// What an installed system is made to say of itself: the same, whether it tells by itself or is asked over SSH.
public enum SystemQuestion {
    /// A script for sh that prints a `StartReport` as JSON.
    public static let text =
        functions + #"""
            printf '{"hostname":"%s","serial":"%s","uuid":"%s","macs":[%s],"addresses":[%s]}\n' \
                "$(uname -n | escape)" "$(firmware product_serial)" "$(firmware product_uuid)" \
                "$(macs | list)" "$(addresses | list)"

            """#

    /// The parts that both have.
    static let functions = #"""
        # A text as the inside of a string of JSON. UTF-16 has no room for what is no character.
        escape() {
            iconv -c -f UTF-8 -t UTF-16LE | iconv -c -f UTF-16LE -t UTF-8 | tr -d '\000-\037\177' |
                LC_ALL=C sed 's/^ *//; s/ *$//; s/[\\"]/\\&/g'
        }

        # Words, one a line, as a list of JSON.
        list() { sed 's/.*/"&"/' | paste -s -d , -; }

        firmware() {
            [ -r "/sys/class/dmi/id/$1" ] && escape <"/sys/class/dmi/id/$1"
        }

        macs() {
            for port in /sys/class/net/*; do
                [ -e "$port/device" ] && cat "$port/address"
            done | tr '[:upper:]' '[:lower:]' | grep -E '^([0-9a-f]{2}:){5}[0-9a-f]{2}$'
        }

        # The address of a point-to-point link is shown without its length.
        addresses() {
            ip -o addr show scope global |
                awk '$3 ~ /^inet6?$/ { print $4 ($4 ~ "/" ? "" : $3 == "inet" ? "/32" : "/128") }'
        }


        """#
}
