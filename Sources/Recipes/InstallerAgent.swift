/// What tells of an installation from inside the installer, and reboots it when told to: two scripts, and where they report.
public enum InstallerAgent {
    /// Sourced by the installer's `/init`: puts the agent into the live system.
    public static var hook: [UInt8] { PackageResources.hook }

    /// Runs beside the installer until the machine restarts.
    public static var agent: [UInt8] { PackageResources.agent }

    /// Where the agent reports, and by which token, as it reads it: assignments of a shell.
    ///
    /// An address and a token have no quotes in them.
    public static func place(server: String, token: String) -> String {
        "url='\(server)/api/boot/telemetry'\ntoken='\(token)'\n"
    }
}
