import Glibc
public import Linux
public import Model

/// Where images lie: one folder each, and a folder for what is being imported.
public struct ImageFolder: Sendable {
    public let path: String

    /// Why an image cannot be used, as a sentence.
    public struct Damaged: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    public init(_ path: String) {
        self.path = path
    }

    public var incoming: String { "\(path)/.incoming" }

    /// Makes the folder for what is being sent; what had arrived when the box stopped stays, and is gone on with.
    public func prepare() throws(Errno) {
        try Files.makeFolder(incoming, mode: 0o750)
        for name in Files.names(in: incoming) where name.hasPrefix(Self.checkPrefix) {
            Self.remove("\(incoming)/\(name)")
        }
    }

    /// Refuses what would not leave the database its room.
    public func checkRoom(for bytes: Int64) throws {
        let free = try Files.freeBytes(at: path)
        guard free - bytes >= Self.reserve else {
            throw Damaged(
                description: "it needs \(Self.megabytes(bytes)) MB, and \(Self.megabytes(max(0, free - Self.reserve)))"
                    + " MB are free for images (500 MB are kept for the database). Remove an image first")
        }
    }

    /// Puts the files of an import in the image's place, all at once.
    ///
    /// What lies there is of an import that was broken off before it was known: nobody has that image.
    public func adopt(_ folder: String, as image: InstallerImage) throws(Errno) {
        let target = "\(path)/\(image.id)"
        let names = image.files.map(\.name)
        for name in Files.names(in: folder) where !names.contains(name) { unlink("\(folder)/\(name)") }
        for name in names { chmod("\(folder)/\(name)", 0o644) }
        chmod(folder, 0o755)
        Self.remove(target)
        try Files.move(folder, to: target)
    }

    /// Where what is being sent lies, by the id of its upload.
    public func place(ofUpload id: String) -> String { "\(incoming)/\(id.filter(\.isHexDigit))" }

    /// What is being fetched from an address, with the wish that its import began with.
    public func wishes() -> [(id: String, wish: [UInt8])] {
        Files.names(in: incoming).compactMap { id in
            (try? Files.read("\(incoming)/\(id)/\(Self.wishName)")).map { (id, $0) }
        }
    }

    /// Keeps a wish beside what arrives: its address may hold a token.
    public func keep(wish: [UInt8], ofUpload id: String) throws(Errno) {
        try Files.write(wish, to: "\(place(ofUpload: id))/\(Self.wishName)", mode: 0o600)
    }

    public func forgetWish(ofUpload id: String) { unlink("\(place(ofUpload: id))/\(Self.wishName)") }

    /// Removes what has arrived of an upload, and what was made of it.
    public func discard(upload id: String) {
        Self.remove("\(place(ofUpload: id))/work")
        Self.remove(place(ofUpload: id))
    }

    /// The uploads that nothing was added to since a moment, by their ids.
    public func uploads(untouchedSince moment: Timestamp) -> [String] {
        Files.names(in: incoming).filter { name in
            guard let state = try? FileState("\(incoming)/\(name)/iso") else { return false }
            return state.modified / 1_000_000 < moment.milliseconds
        }
    }

    public func remove(_ image: InstallerImage) {
        Self.remove("\(path)/\(image.id)")
    }

    private static func remove(_ folder: String) {
        for name in Files.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Fast: a file of the recorded size and time is taken to hold what it held.
    public func check(_ image: InstallerImage) throws(Damaged) {
        for file in image.files {
            let path = "\(path)/\(image.id)/\(file.name)"
            guard let state = try? FileState(path) else {
                throw Damaged(description: "\(path) is missing: import \(image.id) again")
            }
            guard state.size == file.size else {
                throw Damaged(
                    description: "\(path) has \(state.size) bytes instead of \(file.size): import \(image.id) again")
            }
            guard state.modified == file.modified else {
                throw Damaged(
                    description: "\(path) was changed since it was imported: sprout images verify \(image.id) tells"
                        + " whether it still holds what it did")
            }
        }
    }

    /// The image with the times that its files have now.
    public func dated(_ image: InstallerImage) throws(Errno) -> InstallerImage {
        var dated = image
        for index in image.files.indices {
            dated.files[index].modified = try FileState("\(path)/\(image.id)/\(image.files[index].name)").modified
        }
        return dated
    }

    /// Where one of its files lies.
    public func place(of file: String, in image: InstallerImage) -> String { "\(path)/\(image.id)/\(file)" }

    /// Slow: reads every file, and compares its checksum.
    ///
    /// Without haste it takes half a minute for an ISO, and a quarter of a processor.
    public func verify(_ image: InstallerImage, _ reactor: Reactor, inHaste: Bool = true) async throws {
        let folder = "\(incoming)/\(Self.checkPrefix)\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeFolder(folder, mode: 0o750)
        defer { Self.remove(folder) }
        let importer = Importer(in: folder, reactor)
        for file in image.files {
            let path = "\(path)/\(image.id)/\(file.name)"
            guard Files.exists(path) else { throw Damaged(description: "\(path) is missing: import \(image.id) again") }
            let sha256 =
                inHaste ? try await importer.hash(path, .checking) : try await importer.hashSlowly(path)
            guard sha256 == file.sha256 else {
                throw Damaged(
                    description: "the SHA-256 of \(path) is \(sha256), and was \(file.sha256) when it was imported:"
                        + " import \(image.id) again")
            }
        }
    }

    private static func megabytes(_ bytes: Int64) -> Int64 { bytes / 1_000_000 }
    private static let wishName = "wish.json"
    private static let checkPrefix = "check-"
    private static let reserve: Int64 = 500_000_000
}
