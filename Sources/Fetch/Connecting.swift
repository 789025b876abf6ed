import CCurl

/// Why no connection came about, and what to do, whatever it was to be for.
enum Connecting {
    /// Nothing where it was something else that went wrong; `words` are libcurl's own.
    static func sentences(
        _ url: WebURL, _ code: CURLcode, _ words: String, _ handle: borrowing Handle, _ limit: Duration
    ) -> (fact: String, remedy: String)? {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST,
            CURLE_OPERATION_TIMEDOUT where !handle.hasResolved:
            ("there is no host \(url.host), or no name server answers", "Check the name, and this machine's network")
        case CURLE_COULDNT_RESOLVE_PROXY:
            ("the proxy is not found", "Check http_proxy and https_proxy in the environment")
        case CURLE_COULDNT_CONNECT:
            ("nobody answers there (\(words))", "Check the address, or try again later")
        case CURLE_OPERATION_TIMEDOUT where !handle.hasConnected:
            (
                "there was no connection within \(limit.components.seconds) s",
                "Check the address, and this machine's network"
            )
        case _ where untrusted.contains(code):
            (
                "its certificate cannot be trusted (\(words))",
                "Check this machine's clock, or make the certificate's maker known with update-ca-certificates"
            )
        case CURLE_SSL_CONNECT_ERROR:
            ("no TLS connection comes about (\(words))", "Check that this is a port for https")
        default: nil
        }
    }

    /// How libcurl says that nobody vouches for a certificate, or that it knows nobody who could.
    static let untrusted = [CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE]
}
