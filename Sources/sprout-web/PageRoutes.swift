import HTTP
import Model

/// The pages beside those of hosts, as they are offered in every page's header.
extension Site {
    var pages: [GuardedRoute] {
        [
            .viewer(.get("/ops", operationsPage)),
            .viewer(.get("/ops/:id", operationPage)),
            .viewer(.get("/ops/:id/log", installerLogFile)),
            .viewer(.get("/ops/:id/log/bundle") { .redirect(to: "/ops/\(try await operation(of: $0).id)") }),
            .operator(.post("/ops/:id/log/bundle", askForLogsByForm)),
            .viewer(.get("/discoveries", discoveriesPage)),
            .viewer(.get("/images", imagesPage)),
            .viewer(.get("/image/download") { _ in .redirect(to: "/images") }),
            .operator(.post("/image/download", downloadByForm)),
            .viewer(.get("/image/download/:id/cancel") { _ in .redirect(to: "/images") }),
            .operator(.post("/image/download/:id/cancel", cancelDownloadByForm)),
            .viewer(.get("/image/:id/verify") { _ in .redirect(to: "/images") }),
            .operator(.post("/image/:id/verify", verifyImageByForm)),
            .viewer(.get("/image/:id/remove") { _ in .redirect(to: "/images") }),
            .operator(.post("/image/:id/remove", removeImageByForm)),
            .viewer(.get("/wire", wirePage)),
            .viewer(.get("/timeline", eventsPage)),
            .viewer(.get("/settings", settingsPage)),
            .viewer(.get("/settings/cluster/check") { _ in .redirect(to: "/settings") }),
            .operator(.post("/settings/cluster/check", checkClusterByForm)),
            .admin(.post("/settings", changeSettingsByForm)),
            .viewer(.get("/settings/cluster/trust") { _ in .redirect(to: "/settings") }),
            .admin(.post("/settings/cluster/trust", trustClusterByForm)),
            .viewer(.get("/settings/tls") { _ in .redirect(to: "/settings") }),
            .admin(.post("/settings/tls", changeCertificateByForm)),
            .viewer(.get("/settings/secrets") { _ in .redirect(to: "/settings") }),
            .admin(.post("/settings/secrets", setSecretByForm)),
            .viewer(.get("/settings/support") { _ in .redirect(to: "/settings") }),
            .admin(.post("/settings/support", collectSupportByForm)),
            .admin(.get("/settings/files/:name", settingsFilePage)),
            .admin(.post("/settings/files/:name", replaceSettingsFileByForm)),
            .admin(.get("/welcome", welcomePage)),
            .admin(.get("/backups", backupsPage)),
            .admin(.post("/backups", changeBackupsByForm)),
            .viewer(.get("/server-types", serverTypesPage)),
            .viewer(.get("/appliance", appliancePage)),
            .admin(.post("/appliance", changeBoxByForm)),
        ]
    }
}
