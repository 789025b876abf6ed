import Linux

/// The front door: which path goes to which daemon, and what the LAN may do at most.
///
/// One text for `sprout up` and for the box, whose copy in rootfs/etc/nginx/ a test holds to it.
struct NginxConfiguration: Sendable {
    let user: String?
    let listen: [String]
    let site: String
    let sockets: String
    let scratch: String
    let isForeground: Bool

    static func up(_ layout: Layout, listen: Address, user: String?) -> NginxConfiguration {
        NginxConfiguration(
            user: user, listen: [listen.description], site: layout.site, sockets: layout.run, scratch: layout.run,
            isForeground: true)
    }

    static let box = NginxConfiguration(
        user: "www-data", listen: ["80 default_server", "[::]:80 default_server"], site: "/usr/share/sprout/www",
        sockets: "/run/sprout", scratch: "/run/nginx", isForeground: false)

    var text: String {
        """
        # The front door of Sprout, made by Sources/sprout/Up/NginxConfiguration.swift.
        \(user.map { "user \($0);\n" } ?? "")worker_processes 1;
        pid \(scratch)/nginx.pid;
        error_log stderr warn;
        \(isForeground ? "daemon off;\n" : "")events { worker_connections 2048; }
        http {
            access_log off;
            client_body_temp_path \(scratch)/body;
            fastcgi_temp_path \(scratch)/fastcgi;
            proxy_temp_path \(scratch)/proxy;
            scgi_temp_path \(scratch)/scgi;
            uwsgi_temp_path \(scratch)/uwsgi;

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
            server_tokens off;
            types {
                application/javascript js;
                image/png png;
                image/svg+xml svg;
                text/css css;
                text/html html;
            }

        \(["boot", "metadata", "web"].map(upstream).joined(separator: "\n"))
            server {
        \(listen.map { "        listen \($0);" }.joined(separator: "\n"))
                server_name _;
                root \(site);

                add_header Content-Security-Policy "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'" always;
                add_header Referrer-Policy same-origin always;
                add_header X-Content-Type-Options nosniff always;

                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_set_header Host $http_host;
                proxy_set_header X-Real-IP $remote_addr;
                # Nginx names each request, and keeps the name when it tries again: so a command whose daemon was
                # restarted under it can be repeated, and is carried out once.
                proxy_set_header X-Request-Id $request_id;
                proxy_set_header X-Sprout-Actor "";
                proxy_next_upstream error timeout non_idempotent;
                proxy_next_upstream_timeout 60s;
                error_page 502 504 =503 /assets/unavailable.html;

                location / { proxy_pass http://web; }
                location /assets/ { expires -1; }
                location = /events { proxy_pass http://web; proxy_buffering off; proxy_read_timeout 1h; }
                location /ipxe/ { proxy_pass http://boot; }
                location /api/boot/ { proxy_pass http://metadata; }
                location ~ ^/api/hosts/[^/]+/(first-boot-script|installed|phone-home)$ { proxy_pass http://metadata; }
            }
        }

        """
    }

    /// A socket is named several times so that a request whose connection broke is tried again: the socket itself
    /// stays, and what is sent to it waits for the daemon that comes back.
    private func upstream(_ name: String) -> String {
        let server = "        server unix:\(sockets)/\(name).sock max_fails=0;"
        return """
                upstream \(name) {
            \(server)
            \(server)
            \(server)
                    keepalive 16;
                }
            """
    }
}
