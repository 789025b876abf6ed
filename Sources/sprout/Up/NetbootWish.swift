import Glibc
import Linux
import Settings

/// Whether `sprout up` can answer machines as the settings want it to.
enum NetbootWish {
    /// What is in the way whatever the settings say, or nil.
    static func obstacle(_ listen: Address) -> String? {
        if isLoopback(listen) {
            return
                "machines cannot reach this Sprout, which listens at \(listen) alone: start it as root, with --listen"
                + " 0.0.0.0:80"
        }
        return getuid() == 0 ? nil : "the ports of network boot may be opened by root only: start Sprout with sudo"
    }

    static func check(_ netboot: Provisioning.PXE, _ configuration: String, _ listen: Address) throws(Failure) {
        guard netboot.isEnabled else { return }
        if isLoopback(listen) {
            throw Failure(
                description: "\(configuration): pxe.enabled is true, but machines cannot reach \(listen): add"
                    + " --listen 0.0.0.0:80, or set pxe.enabled to false")
        }
        if netboot.mode == .server, let interface = netboot.interface,
            DefaultRoute.interfaces().contains(interface)
        {
            throw Failure(
                description:
                    "\(configuration): pxe.mode is server, but \(interface) leads to the Internet (it holds the"
                    + " default route): its network has a router that gives out addresses. Name another interface, or"
                    + " set pxe.mode to proxy.")
        }
    }

    private static func isLoopback(_ listen: Address) -> Bool {
        guard case .tcp(let host, _) = listen else { return false }
        return host.hasPrefix("127.") || host == "localhost"
    }
}
