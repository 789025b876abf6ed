import Model

/// The settings of iPXE that a machine gives it, and those that a script sets.
struct NetbootVariables {
    private let machine: FakeMachine
    private var own: [String: String] = [:]

    init(_ machine: FakeMachine) {
        self.machine = machine
    }

    /// A script declares a type with the name: `tries:int32`.
    mutating func set(_ name: String, _ value: String) {
        own[String(name.prefix { $0 != ":" })] = value
    }

    mutating func increase(_ name: String) {
        own[name] = String((Int(own[name] ?? "") ?? 0) + 1)
    }

    func expanded(_ line: String) -> String {
        var result = ""
        var rest = line[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound] + value(String(rest[start.upperBound..<end]))
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private func value(_ name: String) -> String {
        if let value = own[name] { return value }
        let hyphenated = String("\(machine.mac)".map { $0 == ":" ? "-" : $0 })
        switch name {
        case "platform": return machine.isUEFI ? "efi" : "pcbios"
        case "buildarch": return "x86_64"
        case "net0/ip", "netX/ip": return String(machine.lease.address.prefix { $0 != "/" })
        case "net0/mac:hexhyp", "netX/mac:hexhyp": return hyphenated
        case "net0/mac", "netX/mac", "mac": return "\(machine.mac)"
        case "uuid": return machine.dmi.system.uuid ?? ""
        case "serial", "serial:uristring": return machine.dmi.system.serial ?? ""
        case "product", "product:uristring": return machine.dmi.system.name ?? ""
        default: return name.hasPrefix("smbios/") ? module(name) : ""
        }
    }

    /// Such as `smbios/0.17.12.2:hexraw`: the size of a memory module, in two bytes, the lower one first.
    private func module(_ name: String) -> String {
        let parts = name.dropFirst("smbios/".utf8.count).split(separator: ".", maxSplits: 1)
        guard parts.count == 2, parts[1] == "17.12.2:hexraw", let index = Int(parts[0]),
            machine.modules.indices.contains(index)
        else { return "" }
        let size = UInt16(clamping: min(machine.modules[index], 0x7FFF)).byteSwapped
        let digits = String(size, radix: 16)
        return String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
