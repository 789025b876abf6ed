#!/bin/sh
# Tells Sprout that this machine has started its new system, then removes itself.
url='http://192.168.1.5/api/boot/phone-home'
token='secret-of-the-operation'
hostname='pve-01'
limit=600

say() { printf 'Sprout: %s\n' "$1"; }

# The time of day may be set while this waits.
passed() {
    read -r uptime _ </proc/uptime
    echo $((${uptime%%.*} - ${began:-0}))
}

# Sleeps, but not beyond the limit; fails when that is reached.
pause() {
    rest=$((limit - $(passed)))
    [ "$rest" -gt 0 ] || return
    [ "$1" -lt "$rest" ] && rest=$1
    sleep "$rest"
}

remove() {
    rm -f -- "$0" "$file"
    exit 0
}

# The system is going down, or somebody has had enough: without the flag the next start does not look for the script.
stop() {
    say 'told to stop, before Sprout knows that this machine runs.'
    rm -f -- "${0%/*}/pending-first-boot-setup"
    exit
}

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

body() {
    printf '{"token":"%s","hostname":"%s","serial":"%s","uuid":"%s","macs":[%s],"addresses":[%s]}\n' \
        "$(printf %s "$token" | escape)" "$hostname" "$(firmware product_serial)" "$(firmware product_uuid)" \
        "$(macs | list)" "$(addresses | list)"
}

# Sends the body, which is never on a command line: everybody can read those. Prints the HTTP status that came back.
send() {
    body >"$file"
    if command -v curl >/dev/null; then
        curl --silent --show-error --globoff --max-time 30 --output /dev/null --write-out '%{http_code}' \
            --header 'Content-Type: application/json' --data-binary "@$file" --url "$url"
    elif command -v wget >/dev/null; then
        timeout 30 wget --quiet --tries=1 --max-redirect=0 --server-response --output-document=/dev/null \
            --header='Content-Type: application/json' --post-file="$file" -- "$url" 2>&1 |
            sed -n 's/^ *HTTP\/[0-9.]* \([0-9][0-9]*\).*/\1/p' | tail -n 1
    else
        perl -MHTTP::Tiny -e '
            alarm 30;
            undef $/;
            my $answer = HTTP::Tiny->new(max_redirect => 0)->post($ARGV[0],
                { headers => { "Content-Type" => "application/json" }, content => scalar <STDIN> });
            warn $answer->{content} if $answer->{status} == 599;
            print $answer->{status};' "$url" <"$file"
    fi
}

began=$(passed)
file=
trap remove EXIT
trap stop HUP INT QUIT TERM
trap '' PIPE
umask 077
file=$(mktemp /run/sprout-first-boot.XXXXXX || mktemp)

if [ -z "$(addresses)" ]; then
    say 'waiting for this machine to have an address.'
    while [ -z "$(addresses)" ]; do
        pause 1 || {
            say 'giving up: no address within ten minutes.'
            exit
        }
    done
fi

delay=1
while true; do
    say "telling ${url%%\?*} that this machine runs."
    status=$(send)
    case $status in
        200 | 201)
            say 'it is known there now.'
            exit
            ;;
        404 | 409 | 410 | 422)
            say "it does not want to know (HTTP status $status); not asking again."
            exit
            ;;
        '' | 000 | 599) say 'it was not reached.' ;;
        *) say "it answered with HTTP status $status." ;;
    esac
    pause "$delay" || break
    delay=$((delay < 15 ? delay * 2 : 30))
done
say 'giving up: ten minutes have passed.'
