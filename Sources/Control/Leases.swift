import HTTP
public import Linux
public import Model

/// The orchestrator's lease socket, as sprout-dhcp sees it.
public struct LeaseRegister: Sendable {
    private let client: Client

    public init(socket: String, _ reactor: Reactor) {
        client = Client(.unix(path: socket), reactor)
    }

    /// Has leases written, and gives for each whether it holds.
    ///
    /// After an error they may have been written or not: to write them again does no harm.
    public func write(_ leases: [Lease], within patience: Duration) async throws -> [Bool] {
        let answer = try await client.send("POST", "/leases", body: LeaseLines.encode(leases), timeout: patience)
        guard answer.status == 200 else {
            throw Unwritten(reason: "it answers \(answer.status)")
        }
        guard answer.body.count == leases.count else {
            throw Unwritten(reason: "its answer does not fit the question")
        }
        return answer.body.map { $0 == LeaseLines.held }
    }

    struct Unwritten: Error, CustomStringConvertible {
        let reason: String
        var description: String { "sprout-orchestrator did not write the leases: \(reason)" }
    }
}

/// Leases on their way to the orchestrator, a line each: address, MAC address and end, as numbers; 0 is no MAC address.
///
/// Thousands a second may have to be written: as JSON they would take longer to read than to write.
public enum LeaseLines {
    /// How each lease is answered, by a byte.
    public static let held = UInt8(ascii: "1")
    public static let refused = UInt8(ascii: "0")

    public static func encode(_ leases: [Lease]) -> [UInt8] {
        Array(leases.map { "\($0.address) \($0.mac?.bits ?? 0) \($0.until.milliseconds)\n" }.joined().utf8)
    }

    public static func decode(_ bytes: [UInt8]) throws -> [Lease] {
        try bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 3, let bits = UInt64(words[1]), let end = Int64(words[2]) else {
                throw Problem(422, "A lease is an address, a MAC address and an end, as numbers.")
            }
            let bytes = (0..<6).reversed().map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
            let mac = bits == 0 ? nil : MACAddress(bytes: bytes)
            guard mac != nil || bits == 0 else { throw Problem(422, "\(bits) is no machine's MAC address.") }
            return Lease(address: words[0], mac: mac, until: Timestamp(milliseconds: end))
        }
    }
}

extension Observation {
    /// Another DHCP or boot server was heard.
    public static func heard(_ server: ForeignServer) -> Observation {
        var observation = Observation(.serverHeard, daemon: "sprout-dhcp", message: "\(server.name) was heard.")
        observation.server = server
        return observation
    }
}
