import HTTP
import Model

/// A route with what it takes to be let in: the site has no other kind.
struct GuardedRoute: Sendable {
    let route: Routes.Route
    /// The least role that is let in; nil lets everybody in.
    let role: Role?

    static func everyone(_ route: Routes.Route) -> GuardedRoute { GuardedRoute(route: route, role: nil) }
    static func wall(_ route: Routes.Route) -> GuardedRoute { GuardedRoute(route: route, role: .wall) }
    static func viewer(_ route: Routes.Route) -> GuardedRoute { GuardedRoute(route: route, role: .viewer) }
    static func `operator`(_ route: Routes.Route) -> GuardedRoute { GuardedRoute(route: route, role: .operator) }
    static func admin(_ route: Routes.Route) -> GuardedRoute { GuardedRoute(route: route, role: .admin) }

    func behind(_ doorkeeper: Doorkeeper) -> Routes.Route {
        route.guarded { request, handler in try await doorkeeper.admit(request, role, handler) }
    }
}
