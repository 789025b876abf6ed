public import Model

/// What a freshly installed machine runs once, at its first start: it tells that the new system runs, and where it is.
///
/// Proxmox VE starts it as root, shows in its journal what it prints, and leaves it on the disk: so it removes itself. One
/// that ended with an error would be started again at every start of the machine.
public struct FirstBootScript: Equatable, Sendable {
    private let url: String
    private let token: String
    private let hostname: Hostname

    public init(phoneHome url: String, token: String, hostname: Hostname) {
        (self.url, self.token, self.hostname) = (url, token, hostname)
    }

    public var text: String {
        """
        #!/bin/sh
        # Tells Sprout that this machine has started its new system, then removes itself.
        url=\(Self.quoted(url))
        token=\(Self.quoted(token))
        hostname=\(Self.quoted(hostname.description))

        """ + Self.start + SystemQuestion.functions + Self.rest + "\n"
    }

    /// A text as one word of the shell, whatever it holds.
    private static func quoted(_ text: String) -> String {
        var word = "'"
        for scalar in text.unicodeScalars where scalar != "\0" {
            word += scalar == "'" ? #"'\''"# : String(scalar)
        }
        return word + "'"
    }

    private static let start = #"""
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


        """#

    private static let rest = #"""
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
        """#
}
