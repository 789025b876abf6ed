import Foundation
import Model
import Testing

@testable import Wire
@testable import sprout_dhcp

/// A message of Tests/Fixtures/dhcp, put to the policy.
struct Question {
    var message: DHCPMessage
    var port = ProxyPolicy.Port.dhcp
    var server = IPv4Address(rawValue: 0xC0A8_4D02)
    var isWelcome = true
    var recent = RecentOffers()
    var httpPort: UInt16 = 80
    var choice = NetbootChoice.automatic

    init(_ name: String, at port: ProxyPolicy.Port = .dhcp) throws {
        let bytes = try Self.bytes(name)
        message = try DHCPMessage(parsing: bytes.span)
        self.port = port
    }

    /// What the policy decides; nil if it is not even asked.
    var decision: ProxyPolicy.Decision? {
        NetbootClient(message).map { client in
            var client = client
            client.choice = choice
            return ProxyPolicy(httpPort: httpPort)
                .decision(on: client, at: port, server: server, isWelcome: isWelcome, recent: recent)
        }
    }

    var reply: Reply? { decision?.reply }

    var silence: Silence? { decision?.silence }

    /// What was captured, else what was composed.
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/dhcp")
            .standardized
        let captured = folder.appending(path: "captured/\(name).hex")
        let exists = FileManager.default.fileExists(atPath: captured.path)
        let file = exists ? captured : folder.appending(path: "composed/\(name).hex")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        return lines.flatMap { $0.split(separator: " ").compactMap { UInt8($0, radix: 16) } }
    }
}

extension ProxyPolicy.Decision {
    var reply: Reply? {
        switch self {
        case .reply(let reply): reply
        case .silence: nil
        }
    }

    var silence: Silence? {
        switch self {
        case .reply: nil
        case .silence(let silence): silence
        }
    }
}

extension Reply {
    /// All that is in it and differs from zero, field by field, options in their order.
    var fields: String {
        let names = [(message.serverName, "sname"), (message.file, "file")].filter { !$0.0.isEmpty }
        let addresses = [
            (message.clientAddress, "ciaddr"), (message.yourAddress, "yiaddr"), (message.serverAddress, "siaddr"),
            (message.relayAddress, "giaddr"),
        ].filter { $0.0 != .unspecified }
        let words =
            ["\(destination)", "flags \(message.flags.hex)"] + addresses.map { "\($0.1) \($0.0)" }
            + names.map { "\($0.1) \(String(decoding: $0.0, as: UTF8.self))" }
        let options = message.options.all.map { "\($0.code.rawValue): \($0.bytes.map(\.hexadecimal).joined())" }
        return (words + options).joined(separator: "\n")
    }
}

extension UInt16 {
    fileprivate var hex: String { bigEndianBytes.map(\.hexadecimal).joined() }
}
