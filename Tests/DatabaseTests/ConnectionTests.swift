import Database
import Testing

@Suite struct ConnectionTests {
    private func memory() throws -> Connection {
        let connection = try Connection(path: ":memory:", .readWrite)
        try connection.runScript("CREATE TABLE host (mac TEXT PRIMARY KEY, number INTEGER, bytes BLOB)")
        return connection
    }

    private func count(_ connection: borrowing Connection) throws -> Int64? {
        try connection.rows("SELECT count(*) FROM host") { $0.int(0) }.first
    }

    @Test func `a transaction that throws leaves nothing behind`() throws {
        let connection = try memory()
        #expect(throws: DatabaseError.self) {
            try connection.write {
                try connection.run("INSERT INTO host (mac) VALUES (?)", "52:54:00:00:00:01")
                try connection.run("INSERT INTO host (mac) VALUES (?)", "52:54:00:00:00:01")
            }
        }
        #expect(try count(connection) == 0)
        try connection.write { _ = try connection.run("INSERT INTO host (mac) VALUES ('a')") }
        #expect(try count(connection) == 1)
    }

    @Test func `values come back as they went in`() throws {
        let connection = try memory()
        let text = "ü'; DROP TABLE host; --"
        try connection.run("INSERT INTO host VALUES (?, ?, ?)", .text(text), .int(-7), .blob([0, 255, 0]))
        try connection.run("INSERT INTO host VALUES (?, ?, ?)", "nothing", nil, nil)
        let rows = try connection.rows("SELECT mac, number, bytes FROM host ORDER BY mac DESC") {
            ($0.text(0), $0.optionalInt(1), $0.blob(2))
        }
        #expect(rows.map(\.0) == [text, "nothing"])
        #expect(rows.map(\.1) == [-7, nil])
        #expect(rows.map(\.2) == [[0, 255, 0], []])
    }

    @Test func `a statement can be used inside itself`() throws {
        let connection = try memory()
        for mac in ["a", "b"] { try connection.run("INSERT INTO host (mac) VALUES (?)", .text(mac)) }
        var seen: [String] = []
        _ = try connection.rows("SELECT mac FROM host") { row in
            seen.append(row.text(0))
            seen += (try? connection.rows("SELECT mac FROM host") { $0.text(0) }) ?? []
        }
        #expect(seen.sorted() == ["a", "a", "a", "b", "b", "b"])
    }

    @Test func `an error names what was done, and no value`() throws {
        let connection = try memory()
        let error = #expect(throws: DatabaseError.self) {
            try connection.run("INSERT INTO absent VALUES (?)", "secret")
        }
        #expect(error?.description == "SQLite error 1: no such table: absent, while INSERT INTO absent VALUES (?)")
    }
}
