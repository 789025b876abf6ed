import CSQLite

extension Connection {
    /// Replaces all that this database holds by what another file holds: readers see the one or the other.
    public func replaceContent(from path: String) throws(DatabaseError) {
        var source: OpaquePointer?
        let code = sqlite3_open_v2(path, &source, SQLITE_OPEN_READONLY, nil)
        defer { sqlite3_close_v2(source) }
        guard code == SQLITE_OK else { throw DatabaseError(code, source, "opening \(path)") }
        guard let copy = sqlite3_backup_init(handle, "main", source, "main") else {
            throw DatabaseError(sqlite3_errcode(handle), handle, "replacing the database")
        }
        let end = sqlite3_backup_step(copy, -1)
        let finish = sqlite3_backup_finish(copy)
        guard end == SQLITE_DONE, finish == SQLITE_OK else {
            throw DatabaseError(end == SQLITE_DONE ? finish : end, handle, "replacing the database")
        }
    }
}
