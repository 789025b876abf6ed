import Model

/// The script that runs when the new system has started, as far as it says whom it calls.
public struct FirstBootScript: Equatable, Sendable {
    public let url: String
    public let token: String

    /// Nil where it has no lines `url='…'` and `token='…'`.
    public init?(_ text: String) {
        guard text.hasPrefix("#!") else { return nil }
        func value(_ name: String) -> String? {
            let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name)='") && $0.hasSuffix("'") }
            return line.map { String($0.dropFirst(name.utf8.count + 2).dropLast()) }
        }
        guard let url = value("url"), let token = value("token") else { return nil }
        (self.url, self.token) = (url, token)
    }

    /// What it tells when the new system runs; a rehearsed one also tells how it is reached.
    public func call(
        from machine: FakeMachine, _ plan: InstallationPlan, rehearsal: JSONTree? = nil
    ) -> JSONTree {
        .members([
            "token": .text(token), "hostname": .text(plan.hostname), "serial": .text(machine.dmi.system.serial ?? ""),
            "uuid": .text(machine.dmi.system.uuid ?? ""), "macs": .list(machine.ports.map { .text("\($0.mac)") }),
            "addresses": .list([.text(plan.address)]), "rehearsal": rehearsal,
        ])
    }
}
