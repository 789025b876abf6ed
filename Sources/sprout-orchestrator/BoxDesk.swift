import Control
import Glibc
import HTTP
import Images
import Ledger
import Linux
import Model
import Store
import Systemd
import Update

/// Asks sprout-system for what only root may do to the box, takes updates, and tells what became of them.
actor BoxDesk: Service {
    private let desk: Desk
    private let images: ImageKeeper
    private let places: Surroundings
    private let reactor: Reactor
    private let worker: Worker
    private var arrived: BoxReport.Arrived?

    /// It waits for the disk while an update arrives.
    nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }

    init(_ desk: Desk, _ images: ImageKeeper, _ places: Surroundings, _ reactor: Reactor) throws {
        (self.desk, self.images, self.places, self.reactor) = (desk, images, places, reactor)
        worker = try Worker()
        arrived = places.box.flatMap { _ in try? Self.open(places.update) }
    }

    nonisolated var routes: [Routes.Route] {
        [
            .get("/box") { _ in try .json(await self.report()) },
            .put("/box/update") { request in
                try .json(["received": try await self.take(request.body, at: request.query["offset"])])
            },
            .post("/box/update/check") { _ in try .json(try await self.checkArrived()) },
            .post("/box/update") { request in
                let wish = try JSON.decode(strictly: UpdateWish.self, from: request.body)
                return try .json(try await self.update(wish, request), status: 202)
            },
            .post("/box/restart") { request in
                let wish = try JSON.decode(strictly: EndWish.self, from: request.body)
                return try .json(try await self.end(.restart, wish, request), status: 202)
            },
            .post("/box/power-off") { request in
                let wish = try JSON.decode(strictly: EndWish.self, from: request.body)
                return try .json(try await self.end(.powerOff, wish, request), status: 202)
            },
            .post("/box/clock") { request in
                let wish = try JSON.decode(strictly: ClockWish.self, from: request.body)
                return try .json(try await self.setClock(wish, request), status: 202)
            },
            .post("/box/seen") { request in
                let author = self.desk.author(request)
                try await self.desk.commit(request) { try await self.desk.ledger.confirmUpdateProblem(by: author) }
                return try .json(await self.report())
            },
            .post("/box/factory-reset") { request in
                let wish = try JSON.decode(strictly: ResetWish.self, from: request.body)
                return try .json(try await self.reset(wish, request), status: 202)
            },
        ]
    }

    // MARK: What there is to know

    private func report() -> BoxReport {
        guard places.box != nil else { return BoxReport(version: Release.version, obstacle: Self.noAppliance) }
        let history = readHistory()
        return BoxReport(
            version: places.imageVersion ?? Release.version, arrived: arrived, progress: progress, last: history.last,
            bad: history.bad)
    }

    private func readHistory() -> BoxHistory {
        (try? JSON.decode(BoxHistory.self, from: Files.read(places.boxHistory))) ?? BoxHistory()
    }

    private var progress: BoxProgress? {
        try? JSON.decode(BoxProgress.self, from: Files.read(places.boxProgress))
    }

    private static let noAppliance =
        "This Sprout was not flashed as an appliance: its machine is updated and restarted by whoever runs it (apt upgrade, on Debian)."

    private func box() throws(Problem) -> String {
        guard let box = places.box else { throw Problem(409, Self.noAppliance) }
        return box
    }

    // MARK: Wishes

    private func wish(
        _ act: BoxWish.Act, keepsImages: Bool? = nil, again: Bool? = nil, startedAt: Int64? = nil, _ kind: Event.Kind,
        _ sentence: String, _ request: Request
    ) async throws -> BoxReport {
        let folder = try box()
        let author = desk.author(request)
        try await desk.commit(request) { try await desk.ledger.record(kind, sentence, by: author) }
        Journal.log(
            .notice, "\(author.actor): \(sentence)",
            ["SPROUT_EVENT": kind.rawValue, "SPROUT_REQUEST": request.id ?? ""])
        let wish = BoxWish(
            id: request.id ?? "\(Timestamp.now())", act: act, keepsImages: keepsImages, again: again,
            startedAt: startedAt)
        do {
            try Files.write(try JSON.encode(wish), to: "\(folder)/wish.json", mode: 0o600)
        } catch {
            throw Problem(507, "The wish cannot be written to \(folder): \(error).")
        }
        return report()
    }

    /// Nothing that is under way is lost by a restart; but its machines wait for a box that is not there.
    private func refuseWhileInstalling(_ what: String) async throws {
        let count = try await desk.store.stateCounts().filter(\.key.isUnderWay).values.reduce(0, +)
        guard count > 0 else { return }
        throw Problem(
            409,
            "\(count == 1 ? "One host is" : "\(count) hosts are") being installed: \(what) when that is done, or cancel it."
        )
    }

    private func end(_ act: BoxWish.Act, _ wish: EndWish, _ request: Request) async throws -> BoxReport {
        _ = try box()
        if wish.anyway != true { try await refuseWhileInstalling(act == .restart ? "restart" : "switch the box off") }
        let sentence = act == .restart ? "The box is restarted." : "The box is switched off."
        return try await self.wish(act, act == .restart ? .boxRestarted : .boxSwitchedOff, sentence, request)
    }

    /// By the clock of who asks, where the network has not set it.
    private func setClock(_ wish: ClockWish, _ request: Request) async throws -> BoxReport {
        _ = try box()
        if Files.exists(places.synchronizedClock) {
            throw Problem(409, "The clock of this box is set by the network (NTP): it is right.")
        }
        let moment = Timestamp(milliseconds: wish.time)
        guard moment.isPlausible else {
            throw Problem(422, "\(moment) is no time of day: is the clock of your own machine right?", field: "time")
        }
        return try await self.wish(
            .setClock, startedAt: wish.time - BootClock.milliseconds(), .clockChanged,
            "The clock is set to \(moment), by the clock of who asked for it.", request)
    }

    private func reset(_ wish: ResetWish, _ request: Request) async throws -> BoxReport {
        _ = try box()
        guard wish.confirm == BoxReport.eraseWords else {
            throw Problem(
                422, "Everything that this box knows is erased: type \"\(BoxReport.eraseWords)\".", field: "confirm")
        }
        let keepsImages = wish.keep_images ?? false
        if keepsImages { try images.leaveList(of: try await desk.store.images()) }
        return try await self.wish(
            .factoryReset, keepsImages: keepsImages, .boxReset,
            "The box is reset: everything is erased\(keepsImages ? " but the images" : "").", request)
    }

    // MARK: Updates

    private func take(_ piece: [UInt8], at text: String?) async throws -> Int64 {
        _ = try box()
        guard let offset = text.flatMap({ Int64($0) }), offset >= 0 else {
            throw Problem(422, "The offset of this piece is missing.", field: "offset")
        }
        let incoming = "\(places.update).part"
        if offset == 0 {
            unlink(incoming)
            unlink(places.update)
            arrived = nil
        }
        let received = (try? File(incoming)).map { Int64($0.size) } ?? 0
        guard offset == received else { throw Problem(409, "The next piece begins at \(received).", field: "offset") }
        guard received + Int64(piece.count) <= Self.largest else {
            throw Problem(413, "No update is as large as that.")
        }
        do throws(Errno) {
            guard try Files.freeBytes(at: places.updateFolder) > Self.reserve else { throw Errno(rawValue: ENOSPC) }
            try Files.append(piece, to: incoming)
        } catch {
            throw Problem(507, "The update cannot be kept: \(error).")
        }
        return received + Int64(piece.count)
    }

    /// Says at once what sprout-system would refuse.
    private func checkArrived() throws -> BoxReport {
        _ = try box()
        let incoming = "\(places.update).part"
        guard Files.exists(incoming) else { throw Problem(409, "No update has arrived.") }
        do {
            let found = try Self.open(incoming)
            guard rename(incoming, places.update) == 0 else { throw Errno(rawValue: errno) }
            arrived = found
        } catch {
            unlink(incoming)
            throw Problem(422, "This is not taken as an update: \(error).")
        }
        return report()
    }

    private static func open(_ path: String) throws -> BoxReport.Arrived {
        let bundle = try UpdateBundle(path, trusting: UpdateKeys.trusted())
        return .init(version: "\(bundle.version)", size: bundle.size)
    }

    private func update(_ wish: UpdateWish, _ request: Request) async throws -> BoxReport {
        _ = try box()
        guard let arrived, let version = ReleaseNumber(arrived.version) else {
            throw Problem(409, "No update has arrived: bring one first.")
        }
        if let running = ReleaseNumber(report().version),
            let obstacle = UpdateRules.obstacle(
                to: version, over: running, readHistory(), again: wish.again == true)
        {
            throw Problem(409, "The update is not installed: \(obstacle).")
        }
        try await refuseWhileInstalling("update")
        return try await self.wish(
            .update, again: wish.again, .updateStarted, "The update to \(version) begins; \(report().version) runs.",
            request)
    }

    /// Tells once how an update ended, which the box itself has found out meanwhile.
    func run() async throws {
        guard places.box != nil else { return try await reactor.sleep(for: .seconds(365 * 24 * 3600)) }
        var told: BoxHistory.Ended?
        while true {
            if let last = readHistory().last, last != told {
                try await tell(last)
                told = last
                if !Files.exists(places.update) { arrived = nil }
            }
            try await reactor.sleep(for: .seconds(2))
        }
    }

    private func tell(_ ended: BoxHistory.Ended) async throws {
        let author = Ledger.Author(actor: "sprout-system", request: "\(ended.wish)-ended")
        let sentence =
            ended.problem.map { "The box runs \(places.imageVersion ?? ended.from) again. \($0)" }
            ?? "The box was updated from \(ended.from) to \(ended.version)."
        try await desk.commit {
            try await desk.ledger.endUpdate(sentence, isInstalled: ended.problem == nil, by: author)
        }
    }

    private static let largest: Int64 = 2 << 30
    /// What the database is not to lack.
    private static let reserve: Int64 = 100 << 20
}

/// The body of `POST /box/update`.
private struct UpdateWish: StrictBody {
    let again: Bool?

    enum CodingKeys: CodingKey, CaseIterable { case again }
}

/// The body of `POST /box/clock`.
private struct ClockWish: StrictBody {
    /// In milliseconds since 1970.
    let time: Int64

    enum CodingKeys: CodingKey, CaseIterable { case time }
}

/// The body of `POST /box/restart` and `POST /box/power-off`.
private struct EndWish: StrictBody {
    /// Though hosts are being installed.
    let anyway: Bool?

    enum CodingKeys: CodingKey, CaseIterable { case anyway }
}

/// The body of `POST /box/factory-reset`.
private struct ResetWish: StrictBody {
    let confirm: String
    let keep_images: Bool?

    enum CodingKeys: CodingKey, CaseIterable { case confirm, keep_images }
}
