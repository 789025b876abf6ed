/// Shell completion, made from the table of verbs.
enum Completions {
    static var bash: String {
        """
        # bash completion for sprout
        _sprout() {
            local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words
            case "$previous" in
        \(optionCases)
            esac
            case "${COMP_WORDS[*]:1:COMP_CWORD-1} " in
        \(verbCases)
            *) words="\(starts)" ;;
            esac
            COMPREPLY=($(compgen -W "$words" -- "$current"))
        }
        complete -F _sprout sprout
        """
    }

    /// Zsh runs completions written for bash, given its own helper.
    static var zsh: String {
        """
        #compdef sprout
        autoload -U +X bashcompinit && bashcompinit
        \(bash)
        """
    }

    private static var starts: String {
        var words: [String] = []
        for verb in Verb.all where !words.contains(verb.words[0]) { words.append(verb.words[0]) }
        return (words + ["help", "--version"]).joined(separator: " ")
    }

    private static var optionCases: String {
        var seen: Set<String> = []
        let options = Verb.all.flatMap(\.options).filter { seen.insert($0.name).inserted && $0.value != nil }
        return options.map { "    \($0.name)) \(reply($0.completion)); return ;;" }.joined(separator: "\n")
    }

    private static var verbCases: String {
        var lines = Verb.all.map { verb in
            let options = verb.options.map(\.name).joined(separator: " ")
            let operand = verb.operands.first.map { list($0.completion) } ?? ""
            return
                "    \"\(verb.name) \"*) words=\"\([operand, options].filter { !$0.isEmpty }.joined(separator: " "))\" ;;"
        }
        let groups = Dictionary(grouping: Verb.all.filter { $0.words.count > 1 }) { $0.words[0] }
        for (group, verbs) in groups.sorted(by: { $0.key < $1.key }) {
            lines.append("    \"\(group) \"*) words=\"\(verbs.map { $0.words[1] }.joined(separator: " "))\" ;;")
        }
        return lines.joined(separator: "\n")
    }

    private static func reply(_ completion: Verb.Completion) -> String {
        switch completion {
        case .nothing: "COMPREPLY=()"
        case .file: "COMPREPLY=($(compgen -f -- \"$current\"))"
        case .folder: "COMPREPLY=($(compgen -d -- \"$current\"))"
        case .host, .words: "COMPREPLY=($(compgen -W \"\(list(completion))\" -- \"$current\"))"
        }
    }

    private static func list(_ completion: Verb.Completion) -> String {
        switch completion {
        case .nothing: ""
        case .file, .folder: "$(compgen -f -- \"$current\")"
        case .host: "$(sprout hosts list 2>/dev/null | awk 'NR>1 {print \\$1}')"
        case .words(let words): words.joined(separator: " ")
        }
    }
}
