import HTTP

/// The pages beside those of hosts, as they are offered in every page's header.
extension Site {
    var pages: [Routes.Route] {
        [
            .get("/ops/:id", operationPage)
        ]
    }
}
