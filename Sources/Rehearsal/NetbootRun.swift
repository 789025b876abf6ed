/// One run of a script.
struct NetbootRun {
    private let lines: [String]
    private var variables: NetbootVariables
    private let failing: Set<String>
    private var place = 1
    private var kernel: (url: String, words: [String])?
    private var initrds: [String] = []
    private(set) var screen: [String] = []
    private(set) var reports: [String] = []

    init(_ lines: [String], _ variables: NetbootVariables, _ failing: Set<String>) {
        (self.lines, self.variables, self.failing) = (lines, variables, failing)
    }

    mutating func follow() throws(NetbootScript.Malformed) -> NetbootScript.End {
        for _ in 0..<1000 {
            guard place < lines.count else { return .ownDisk }
            let line = variables.expanded(lines[place])
            place += 1
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(":") { continue }
            if let end = try run(line) { return end }
        }
        throw refuse("it goes round in a circle")
    }

    /// Runs the commands of a line as far as `&&` and `||` let it; a failure that nothing follows ends the script.
    private mutating func run(_ line: String) throws(NetbootScript.Malformed) -> NetbootScript.End? {
        var words = line.split(separator: " ").map(String.init)[...]
        var succeeded = true
        var isWanted = true
        while true {
            let command = words.prefix { $0 != "&&" && $0 != "||" }
            words = words.dropFirst(command.count)
            if isWanted, !command.isEmpty {
                switch try run(Array(command)) {
                case .end(let end): return end
                case .done(let done): succeeded = done
                }
            } else if isWanted {
                succeeded = true
            }
            guard let mark = words.popFirst() else { break }
            isWanted = (mark == "&&") == succeeded
        }
        return succeeded ? nil : .ownDisk
    }

    private enum Outcome {
        case done(Bool)
        case end(NetbootScript.End)
    }

    private mutating func run(_ command: [String]) throws(NetbootScript.Malformed) -> Outcome {
        let operands = Self.operands(command)
        switch command[0] {
        case "echo":
            screen.append(command.dropFirst().joined(separator: " "))
            return .done(true)
        case "set":
            variables.set(command.count > 1 ? command[1] : "", command.dropFirst(2).joined(separator: " "))
            return .done(true)
        case "inc":
            variables.increase(operands.first ?? "")
            return .done(true)
        case "isset": return .done(operands.first?.isEmpty == false)
        case "iseq": return .done(command.count == 3 && command[1] == command[2])
        case "goto": return .done(try jump(to: operands.first ?? ""))
        case "ifopen", "dhcp", "sleep", "imgfree", "prompt", "ntp": return .done(true)
        case "imgfetch":
            guard loads(operands) else { return .done(false) }
            reports.append(operands[0])
            return .done(true)
        case "kernel":
            guard loads(operands) else { return .done(false) }
            kernel = (operands[0], Array(operands.dropFirst()))
            return .done(true)
        case "initrd":
            guard loads(operands) else { return .done(false) }
            initrds.append(operands[0])
            return .done(true)
        case "chain": return loads(operands) ? .end(.chain(operands[0])) : .done(false)
        case "boot":
            guard let kernel else { return .done(false) }
            return .end(.installation(.init(kernel: kernel.url, words: kernel.words, initrds: initrds)))
        case "exit", "sanboot", "shell", "reboot", "poweroff": return .end(.ownDisk)
        default: throw refuse("iPXE knows no command \(command[0])")
        }
    }

    private func loads(_ operands: [String]) -> Bool {
        guard let url = operands.first else { return false }
        return !failing.contains(url)
    }

    private mutating func jump(to label: String) throws(NetbootScript.Malformed) -> Bool {
        guard let index = lines.firstIndex(of: ":\(label)") else { return false }
        place = index + 1
        return true
    }

    /// The words of a command without its options; those that have a value are known by name.
    private static func operands(_ command: [String]) -> [String] {
        var operands: [String] = []
        var rest = command.dropFirst()
        while let word = rest.popFirst() {
            if operands.isEmpty, word.hasPrefix("-") {
                if valued.contains(word) { rest = rest.dropFirst() }
            } else {
                operands.append(word)
            }
        }
        return operands
    }

    private static let valued = ["--name", "-n", "--timeout", "-t", "--drive", "--filename"]

    private func refuse(_ reason: String) -> NetbootScript.Malformed {
        NetbootScript.Malformed(description: "line \(place) of the script: \(reason)")
    }
}
