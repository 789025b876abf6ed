import Database
import Model
import Store

/// What became of the box itself.
extension Ledger {
    /// An update has ended: with a problem the version from before runs, and every page says so until somebody has seen it.
    public func endUpdate(_ sentence: String, isInstalled: Bool, by author: Author) throws {
        let kind = isInstalled ? Event.Kind.updateInstalled : .updateFailed
        try connection.write {
            if try wasCarriedOut(kind, by: author) { return }
            if isInstalled {
                try connection.run("DELETE FROM setting WHERE key = ?", .text(UpdateSetting.problem))
            } else {
                try put(UpdateSetting.problem, sentence)
            }
            try append(kind, sentence, by: author)
        }
    }

    public func confirmUpdateProblem(by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.updateSeen, by: author) { return }
            guard try setting(UpdateSetting.problem) != nil else { return }
            try connection.run("DELETE FROM setting WHERE key = ?", .text(UpdateSetting.problem))
            try append(.updateSeen, "Seen: the last update did not work.", by: author)
        }
    }
}
