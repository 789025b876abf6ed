import Linux

/// One thing the command line can do.
///
/// The table of verbs is the parser, the help and the completion at once.
struct Verb: Sendable {
    let words: [String]
    let summary: String
    /// What follows the words: `HOST`, or nothing.
    let operands: [Operand]
    let options: [Option]
    let example: String
    let run: @Sendable (Invocation) async throws -> Void

    struct Operand: Sendable {
        let name: String
        var isRequired = true
        var completion = Completion.nothing
    }

    struct Option: Sendable {
        let name: String
        /// The name of its value; nil for a switch.
        let value: String?
        let summary: String
        var isRepeated = false
        var completion = Completion.nothing
    }

    enum Completion: Sendable { case nothing, file, folder, host, words([String]) }

    var name: String { words.joined(separator: " ") }

    var usage: String {
        let operands = operands.map { $0.isRequired ? " \($0.name)" : " [\($0.name)]" }.joined()
        return "sprout \(name)\(operands)\(options.isEmpty ? "" : " [options]")"
    }
}

/// A command line as the table understood it.
struct Invocation: Sendable {
    let verb: Verb
    let operands: [String]
    let values: [String: [String]]
    let reactor: Reactor

    func value(_ name: String) -> String? { values[name]?.last }
    func has(_ name: String) -> Bool { values[name] != nil }
    var isJSON: Bool { value("-o") == "json" }
}

/// Wrong use of the command line: told with the verb's usage, and exit status 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    var verb: Verb?
}

/// Sprout was asked and said no: exit status 1.
struct Failure: Error, CustomStringConvertible {
    let description: String
}

/// Nobody answers: exit status 3.
struct Unreachable: Error, CustomStringConvertible {
    let description: String
}

extension Verb {
    static let all: [Verb] = [
        .hostsAdd, .hostsList, .hostsShow, .hostsAnswer, .hostsRebuild, .hostsCancel, .hostsGoOn, .hostsPower,
        .hostsInventory,
        .hostsSet, .hostsRemove, .hostsTasks, .hostsRetry, .operationsList, .operationsShow, .operationsLog,
        .eventsList, .eventsFollow, .typesList, .typesShow,
        .discoveriesList, .discoveriesAccept, .discoveriesIgnore,
        .imagesImport, .imagesList, .imagesShow, .imagesVerify, .imagesRemove,
        .clusterCheck, .clusterTrust, .clusterKey, .notificationsList, .notificationsTest,
        .secretsSet, .secretsList, .secretsRemove,
        .tlsShow, .tlsReplace, .tlsRenew,
        .backupMake, .backupList, .backupFetch, .backupCheck, .backupRestore, .backupRemove,
        .boxShow, .boxUpdate, .boxRestart, .boxPowerOff, .boxClock, .boxSeen, .boxReset,
        .setup, .usersList, .usersAdd, .usersSet, .usersRemove, .tokensList, .tokensCreate, .tokensRemove,
        .wireTrust, .wire, .networkShow, .networkSeen, .networkPorts, .networkOptions, .watch,
        .doctor, .supportOpen, .support, .rehearseCluster, .rehearseISO, .rehearse,
        .up, .configShow, .configSet, .configFile, .configReplace, .configCheck, .completion,
    ]

    static let connectionOptions: [Option] = [
        Option(
            name: "--state", value: "DIR", summary: "ask the Sprout that `sprout up --state DIR` runs",
            completion: .folder),
        Option(name: "--socket", value: "PATH", summary: "ask through this Unix socket", completion: .file),
        Option(name: "--url", value: "URL", summary: "ask over the network: https://HOST[:PORT], or http://"),
        Option(
            name: "--fingerprint", value: "SHA-256",
            summary: "the certificate it has to show, as `sprout tls show` says; else: SPROUT_FINGERPRINT"),
        Option(
            name: "--token-file", value: "FILE", summary: "what lets this program in there; else: SPROUT_TOKEN",
            completion: .file),
    ]

    static let outputOption = Option(
        name: "-o", value: "FORMAT", summary: "json for programs; default: text for people",
        completion: .words(["json", "text"]))
}
