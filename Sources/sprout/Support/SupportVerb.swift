import Linux

extension Verb {
    static let support: Verb = Verb(
        words: ["support"],
        summary: "collect what somebody who helps needs to see, without secrets",
        operands: [Operand(name: "FILE", isRequired: false, completion: .file)], options: connectionOptions,
        example: "sprout support sprout-support.tar.gz"
    ) { invocation in
        let wish = invocation.operands.first ?? "sprout-support.tar.gz"
        let target = wish.hasPrefix("/") ? wish : "\(try Files.absolute("."))/\(wish)"
        var bundle = try SupportBundle(invocation.reactor)
        do {
            await bundle.collect(try API(invocation))
            let state = invocation.value("--state")
            try await bundle.pack(doctor: state.map { ["--state", $0] } ?? [], into: target)
        } catch {
            await bundle.discard()
            throw error
        }
        let gaps = bundle.gaps.count
        await bundle.discard()
        Terminal.say("\(target) is written. Look into it before you give it to anybody.")
        if gaps > 0 { Terminal.complain("\(gaps) things could not be had: missing.txt in it says which, and why.") }
    }
}
