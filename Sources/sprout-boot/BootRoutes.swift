import HTTP

/// What machines ask over HTTP on their way to an installer, or to their own disk.
func bootRoutes(_ scripts: BootScripts, _ installer: InstallerFiles, _ files: BootFiles) -> [Routes.Route] {
    [
        .get("/ipxe/:mac", scripts.script),
        .get("/ipxe/:mac/report", scripts.takeReport),
        .get("/boot/:file", installer.respond),
        .get("/netboot/:name") { try await scripts.file($0, from: files) },
    ]
}
