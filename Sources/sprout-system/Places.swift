/// Where things lie on a box that was flashed.
struct Places: Sendable {
    /// sprout-orchestrator's: what is asked for.
    var wish = "/run/sprout/box/wish.json"
    var bundle = "/var/lib/sprout/update/bundle"
    /// Ours, for everybody to read.
    var progress = "/run/sprout-system/progress.json"
    var history = "/var/lib/sprout-system/history.json"
    /// What the health check found, when it found something.
    var unhealthy = "/run/sprout-health/problem"
    var boot = "/boot"
    var keys = "/usr/share/sprout/update-keys"
    /// Tells the next start to erase what is on /var, before anything uses it.
    var eraseMark = "/var/etc/erase"
}
