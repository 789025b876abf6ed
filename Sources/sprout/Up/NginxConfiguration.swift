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
    let connections: Int

    static func up(_ layout: Layout, listen: Address, listenTLS: Address?, user: String?) -> NginxConfiguration {
        NginxConfiguration(
            user: user, listen: [listen.description], listenTLS: listenTLS.map { [$0.description] } ?? [],
            certificate: "\(layout.certificate)/served.pem", site: layout.site, images: layout.images,
            sockets: layout.run, scratch: layout.run, connections: 500)
    }

    /// On the box systemd opens the ports, and nginx is nobody that could change its user.
    static let box = NginxConfiguration(
        user: nil, listen: ["80 default_server", "[::]:80 default_server"],
        listenTLS: ["443 default_server", "[::]:443 default_server"], certificate: "/var/lib/sprout/tls/served.pem",
        site: "/usr/share/sprout/www",
        images: "/var/lib/sprout/images", sockets: "/run/sprout", scratch: "/run/sprout-nginx",
        connections: 4096)

    var text: String {
        """
        # The front door of Sprout, made by Sources/sprout/Up/NginxConfiguration.swift.
        \(user.map { "user \($0);\n" } ?? "")worker_processes 1;
        pid \(scratch)/nginx.pid;
        error_log stderr warn;
        daemon off;
        events { worker_connections \(connections); }
        http {
            access_log off;
            client_body_temp_path \(scratch)/body;
            fastcgi_temp_path \(scratch)/fastcgi;
            proxy_temp_path \(scratch)/proxy;
            scgi_temp_path \(scratch)/scgi;
            uwsgi_temp_path \(scratch)/uwsgi;

        \(Self.limits)
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
                add_header Content-Security-Policy "\(contentSecurityPolicy)" always;
                add_header Referrer-Policy same-origin always;
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

    /// Which path goes where.
    ///
    /// The URLs of machines that are installed, and the link of a wall, have secrets in them, and nginx shows a URL in each line about an error:
    /// of these it says nothing, and the daemons say themselves what there is to say.
    private var routes: String {
        """
                location / { error_page 502 504 = @web; proxy_pass http://front; }
                location /api/ { error_page 502 504 = @api; proxy_pass http://front; }
                location = /api { default_type text/html; charset utf-8; try_files /api/index.html =404; }
                location = /api/openapi.yaml { default_type application/yaml; try_files $uri =404; }
                location /assets/ { expires -1; }
                location = /events { error_page 502 504 = @web; proxy_pass http://front; proxy_read_timeout 1h; }
                location = /wall { error_log stderr crit; error_page 502 504 = @wall; proxy_pass http://front; }
                location = /wall/events { error_page 502 504 = @web; proxy_pass http://front; proxy_read_timeout 1h; }
                location /netboot/ { error_page 502 504 = @boot; proxy_pass http://boot; }
                location /ipxe/ { error_page 502 504 = @boot; proxy_pass http://boot; }
                location /boot/ { error_log stderr crit; error_page 502 504 = @boot; proxy_pass http://boot; }
                # Told by sprout-boot which, nginx sends the files that machines load to be installed.
                location /images/ { error_log stderr crit; internal; alias \(images)/; }
                location /api/boot/ { error_log stderr crit; error_page 502 504 = @metadata; proxy_pass http://metadata; }
                location ~ ^/api/hosts/[^/]+/(first-boot-script|installed|phone-home)$ {
                    error_log stderr crit;
                    error_page 502 504 = @metadata;
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
                location @web { error_page 502 504 =503 /assets/unavailable.html; proxy_pass http://front_again; }
        """
    }
}
