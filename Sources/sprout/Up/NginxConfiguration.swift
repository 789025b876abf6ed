import Linux

/// The front door: which path goes to which daemon, and what the LAN may do at most.
///
/// One text for `sprout up` and for the box, whose copy in rootfs/usr/share/sprout/ a test holds to it.
struct NginxConfiguration: Sendable {
    let user: String?
    let listen: [String]
    let listenTLS: [String]
    /// The certificate with its key.
    let certificate: String
    let site: String
    let images: String
    let sockets: String
    let scratch: String
    /// How many files it may open; nil where its unit says that.
    let mostFiles: Int?

    static func up(_ layout: Layout, listen: Address, listenTLS: Address?, user: String?) -> NginxConfiguration {
        NginxConfiguration(
            user: user, listen: [listen.description], listenTLS: listenTLS.map { [$0.description] } ?? [],
            certificate: "\(layout.certificate)/served.pem", site: layout.site, images: layout.images,
            sockets: layout.run, scratch: layout.run, mostFiles: 8192)
    }

    /// On the box systemd opens the ports, and nginx is nobody that could change its user.
    static let box = NginxConfiguration(
        user: nil, listen: ["80 default_server", "[::]:80 default_server"],
        listenTLS: ["443 default_server", "[::]:443 default_server"], certificate: "/var/lib/sprout/tls/served.pem",
        site: "/usr/share/sprout/www",
        images: "/var/lib/sprout/images", sockets: "/run/sprout", scratch: "/run/sprout-nginx",
        mostFiles: nil)

    var text: String {
        """
        # The front door of Sprout, made by Sources/sprout/Up/NginxConfiguration.swift.
        \(user.map { "user \($0);\n" } ?? "")worker_processes 1;
        pid \(scratch)/nginx.pid;
        error_log stderr warn;
        daemon off;
        \(mostFiles.map { "worker_rlimit_nofile \($0);\n" } ?? "")events { worker_connections 4096; }
        http {
            access_log off;
            client_body_temp_path \(scratch)/body;
            fastcgi_temp_path \(scratch)/fastcgi;
            proxy_temp_path \(scratch)/proxy;
            scgi_temp_path \(scratch)/scgi;
            uwsgi_temp_path \(scratch)/uwsgi;

        \(Self.limits)
        \(Self.refusals)
        \(listenTLS.isEmpty ? "" : "    map $server_port $certificate { default \(certificate); }\n")
        \(["boot", "front", "metadata"].map(upstreams).joined(separator: "\n"))

            server {
        \((listen + listenTLS.map { "\($0) ssl http2" }).map { "        listen \($0);" }.joined(separator: "\n"))
                server_name _;
                root \(site);
        \(listenTLS.isEmpty ? "" : Self.encryption)
        \(Self.headers)

        \(routes)
            }
        }

        """
    }

    private static let limits = """
            client_body_timeout 10s;
            client_header_timeout 10s;
            client_max_body_size 1m;
            default_type application/octet-stream;
            gzip on;
            gzip_proxied any;
            gzip_types application/javascript application/json image/svg+xml text/css;
            keepalive_timeout 75s;
            large_client_header_buffers 4 8k;
            # One address leaves room for others: fifty browsers and a rack that netboots need less, each of them far less.
            limit_conn addresses 256;
            limit_conn_log_level info;
            limit_conn_status 429;
            limit_conn_zone $binary_remote_addr zone=addresses:1m;
            reset_timedout_connection on;
            send_timeout 30s;
            sendfile on;
            tcp_nopush on;
            # What a request is called: by a daemon, or by nginx where none was asked.
            map $upstream_http_x_request_id $called { "" $request_id; default $upstream_http_x_request_id; }
            server_tokens off;
            types {
                application/javascript js;
                application/problem+json json;
                image/png png;
                image/svg+xml svg;
                text/css css;
                text/html html;
            }
        """

    /// What nginx refuses itself is told as the daemons tell it: JSON to programs (RFC 9457), a page to people.
    private static let refusals = """
            map $request $refused { "~^\\S+ /api/" /refused/program; default /refused/person; }
            map $status $refusal {
                400 "Bad Request";
                403 "Forbidden";
                404 "Not Found";
                405 "Method Not Allowed";
                413 "Content Too Large";
                414 "URI Too Long";
                429 "Too Many Requests";
                default "Not accepted";
            }
            map $status $refusal_reason {
                400 "The head of this request is too long, or is no HTTP.";
                403 "This is not given out.";
                404 "There is nothing at this address.";
                405 "This is only read, with GET.";
                413 "More than 1 MiB is not taken at once.";
                414 "The address of this request is longer than 8 KiB.";
                429 "Too many requests from your address are under way. Close some, or wait for them.";
                default "This request is not taken.";
            }
            # What a daemon refuses so has its own.
            map "$status $upstream_status" $retry_after { "429 " 5; default ""; }
        """

    /// The socket of a daemon stays while the daemon is restarted, and what is sent to it over a new connection waits.
    ///
    /// So a request whose connection broke is sent again, without the connections that were kept for reuse.
    private func upstreams(_ name: String) -> String {
        let server = "server unix:\(sockets)/\(name).sock max_fails=0;"
        return """
                upstream \(name) { \(server) keepalive 16; }
                upstream \(name)_again { \(server) \(server) \(server) }
            """
    }

    private static let headers = """
                error_page 494 =400 $refused;
                error_page \(ownRefusals) $refused;
                add_header Content-Security-Policy "\(contentSecurityPolicy)" always;
                add_header Referrer-Policy same-origin always;
                add_header Retry-After $retry_after always;
                add_header X-Content-Type-Options nosniff always;
                add_header X-Request-Id $called always;

                proxy_buffers 8 64k;
                proxy_hide_header X-Request-Id;
                proxy_http_version 1.1;
                proxy_max_temp_file_size 0;
                proxy_next_upstream error timeout non_idempotent;
                proxy_set_header Connection "";
                proxy_set_header Host $http_host;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_set_header X-Real-IP $remote_addr;
                # Nginx names each request, and keeps the name when it sends it again: so it can be carried out once.
                proxy_set_header X-Request-Id $request_id;
                proxy_set_header X-Sprout-Actor "";
                recursive_error_pages on;
        """

    private static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        + " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// What is named by a variable is read for each connection: another certificate needs no restart.
    private static let encryption = """
                ssl_certificate $certificate;
                ssl_certificate_key $certificate;
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_session_cache shared:tls:1m;
                ssl_session_tickets off;

        """

    private static let ownRefusals = "400 403 404 405 413 414 429"

    /// A location with error pages of its own inherits none.
    private static func errors(_ again: String) -> String {
        "error_page 502 504 = \(again); error_page 494 =400 $refused; error_page \(ownRefusals) $refused;"
    }

    private static let refusalPage =
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>$refusal · Sprout</title>"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        + "<meta name=\"color-scheme\" content=\"light dark\"><link rel=\"stylesheet\" href=\"/assets/sprout.css\">"
        + "<link rel=\"icon\" href=\"/assets/sprout.svg\" type=\"image/svg+xml\"></head><body><header class=\"top\">"
        + "<a class=\"brand\" href=\"/\"><img src=\"/assets/sprout.svg\" alt=\"\" width=\"28\" height=\"28\"> Sprout</a>"
        + "</header><main><section class=\"problem\"><h1>$refusal</h1><p>$refusal_reason</p>"
        + "<p><a class=\"button\" href=\"/\">All hosts</a></p>"
        + "<p class=\"quiet\">Status $status, request <code>$request_id</code></p></section></main></body></html>"

    /// Which path goes where.
    ///
    /// The URLs of machines that are installed, and the link of a wall, have secrets in them, and nginx shows a URL in each line about an error:
    /// of these it says nothing, and the daemons say themselves what there is to say.
    private var routes: String {
        """
                location / { \(Self.errors("@web")) proxy_pass http://front; }
                location /api/ { \(Self.errors("@api")) proxy_pass http://front; }
                location = /api { default_type text/html; charset utf-8; try_files /api/index.html =404; }
                location = /api/openapi.yaml { default_type application/yaml; try_files $uri =404; }
                location /assets/ { expires -1; }
                location = /events { \(Self.errors("@web")) proxy_pass http://front; proxy_read_timeout 1h; }
                location = /wall { error_log stderr crit; \(Self.errors("@wall")) proxy_pass http://front; }
                location = /wall/events { \(Self.errors("@web")) proxy_pass http://front; proxy_read_timeout 1h; }
                location /netboot/ { \(Self.errors("@boot")) proxy_pass http://boot; }
                location /ipxe/ { \(Self.errors("@boot")) proxy_pass http://boot; }
                location /boot/ { error_log stderr crit; \(Self.errors("@boot")) proxy_pass http://boot; }
                # Told by sprout-boot which, nginx sends the files that machines load to be installed.
                location /images/ { error_log stderr crit; internal; alias \(images)/; }
                # An agent that catches up sends 48 KiB: they pass through memory, and not through a file.
                location /api/boot/ { client_body_buffer_size 64k; error_log stderr crit; \(Self.errors("@metadata")) proxy_pass http://metadata; }
                location ~ ^/api/hosts/[^/]+/(first-boot-script|installed|phone-home)$ {
                    error_log stderr crit;
                    \(Self.errors("@metadata"))
                    proxy_pass http://metadata;
                }

                location @api { error_page 502 504 =503 /assets/unavailable.json; proxy_pass http://front_again; }
                location @boot {
                    error_log stderr crit;
                    error_page 502 504 =503 /assets/unavailable.html;
                    proxy_pass http://boot_again;
                }
                location @metadata {
                    error_log stderr crit;
                    error_page 502 504 =503 /assets/unavailable.html;
                    proxy_pass http://metadata_again;
                }
                location @wall {
                    error_log stderr crit;
                    error_page 502 504 =503 /assets/unavailable.html;
                    proxy_pass http://front_again;
                }
                location = /refused/person {
                    internal;
                    default_type text/html;
                    charset utf-8;
                    return 400 '\(Self.refusalPage)';
                }
                location = /refused/program {
                    internal;
                    default_type application/problem+json;
                    return 400 '{"status":$status,"title":"$refusal","detail":"$refusal_reason"}';
                }
                location @web { error_page 502 504 =503 /assets/unavailable.html; proxy_pass http://front_again; }
        """
    }
}
