import HTTP

/// The pages beside those of hosts, as they are offered in every page's header.
extension Site {
    var pages: [GuardedRoute] {
        [
            .viewer(.get("/ops/:id", operationPage))
        ]
    }
}
