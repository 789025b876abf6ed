import Model

extension AnswerPlan {
    /// What the installer of this release would refuse, or what we must not send; disks apart.
    var problems: [AnswerProblem] {
        (releaseProblem.map { [$0] } ?? []) + passwordProblems + publicKeys.compactMap(Self.problem(ofKey:))
            + networkProblems + nameProblems + callbacks.problems + filesystemProblems
    }

    /// 8.2 is refused as a whole: it takes the root password in plain text only, and never tells that it is done.
    private var releaseProblem: AnswerProblem? {
        if release.takesHashAndURLs { return nil }
        return AnswerProblem(
            "release", "\(release)",
            "takes the root password in plain text only, tells nobody when it is done, and runs "
                + "nothing at the first start: install 8.3 or newer.")
    }

    private var passwordProblems: [AnswerProblem] {
        if rootPasswordHash != nil { return [] }
        let remedy = "there is none, and a password in plain text is never sent: make a hash with mkpasswd -m yescrypt."
        return [AnswerProblem("credentials.root_password_hash", nil, remedy)]
    }

    private static func problem(ofKey key: String) -> AnswerProblem? {
        let words = key.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        let isLine =
            key.utf8.count <= 4000 && key.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        let isKey =
            words.count >= 2 && ["ssh-", "ecdsa-", "sk-"].contains { words[0].hasPrefix($0) }
            && words[1].utf8.count >= 40
            && words[1].hasPrefix("AAAA") && words[1].utf8.allSatisfy(isBase64)
        if isLine && isKey { return nil }
        // Whoever takes the wrong file has a private key there.
        return AnswerProblem(
            "public key", nil, "this is no public key of SSH: take the line of a file such as id_ed25519.pub.")
    }

    private var networkProblems: [AnswerProblem] {
        guard case .fixed(let address, let gateway, let dns, _) = network else { return [] }
        var problems: [AnswerProblem] = []
        if let number = DottedQuad.number(gateway[...]) {
            if !address.isNeighbour(of: number) {
                problems.append(
                    AnswerProblem(
                        "gateway", gateway, "does not lie in the network of \(address), so the host could not reach it."
                    ))
            } else if number == address.number {
                problems.append(AnswerProblem("address", "\(address)", "is the gateway's: give the host another one."))
            }
        } else {
            problems.append(
                AnswerProblem("gateway", gateway, "is no IPv4 address: write your router's, such as 10.20.0.1."))
        }
        if let number = DottedQuad.number(dns[...]) {
            if number == address.number, dns != gateway {
                problems.append(
                    AnswerProblem("address", "\(address)", "is the name server's: give the host another one."))
            }
        } else {
            problems.append(
                AnswerProblem("dns", dns, "is no IPv4 address, and there is exactly one: write one such as 10.20.0.1."))
        }
        return problems
    }

    private var nameProblems: [AnswerProblem] {
        let names = portNames.values.sorted()
        return Set(names).sorted().compactMap { name in
            Self.problem(ofName: name, isShared: names.count { $0.lowercased() == name.lowercased() } > 1)
        }
    }

    private static func problem(ofName name: String, isShared: Bool) -> AnswerProblem? {
        func refuse(_ why: String) -> AnswerProblem { AnswerProblem("port name", name, why) }
        guard (2...15).contains(name.utf8.count) else {
            return refuse("has not 2 to 15 characters: take a name such as \(managementPortName).")
        }
        guard name.wholeMatch(of: /[A-Za-z][A-Za-z0-9_]*/) != nil else {
            return refuse("has more in it than letters, digits and _ after a letter: take one such as mgmt0.")
        }
        if name.lowercased().wholeMatch(of: /nic[0-9]+/) != nil {
            return refuse("is what the installer calls the other ports: take another word, such as mgmt0.")
        }
        return isShared ? refuse("is given to two ports: each needs its own.") : nil
    }

    private var filesystemProblems: [AnswerProblem] {
        filesystem.swapRefusal.map { [AnswerProblem("filesystem.swapsize", nil, "\($0): make it smaller.")] } ?? []
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "+/=".utf8.contains(byte)
        }
    }
}

extension AnswerPlan.Callbacks {
    fileprivate var problems: [AnswerProblem] {
        [
            Self.problem(ofURL: installed, "webhook URL"), Self.problem(ofURL: firstBoot, "first-boot URL"),
            tokenProblem,
            fingerprintProblem,
        ].compactMap(\.self)
    }

    private static func problem(ofURL url: String, _ field: String) -> AnswerProblem? {
        if url.utf8.count > 1000 { return AnswerProblem(field, url, "is longer than 1000 characters.") }
        if url.wholeMatch(of: /https?:\/\/[A-Za-z0-9.\-:\[\]]+(\/[A-Za-z0-9._~\/%\-]*)?(\?[A-Za-z0-9._~=&%\-]+)?/)
            != nil
        {
            return nil
        }
        return AnswerProblem(
            field, url, "is no plain http or https URL: correct server.public_url in provisioning.yaml.")
    }

    /// The token stands in URLs as it is.
    private var tokenProblem: AnswerProblem? {
        if token.wholeMatch(of: /[A-Za-z0-9._~\-]{16,200}/) != nil { return nil }
        return AnswerProblem("token", nil, "has not 16 to 200 letters, digits and - . _ ~ in it.")
    }

    private var fingerprintProblem: AnswerProblem? {
        guard let text = certificateFingerprint else { return nil }
        if text.wholeMatch(of: /([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}/) != nil { return nil }
        return AnswerProblem(
            "certificate fingerprint", text, "is no SHA-256: 32 pairs of hexadecimal digits with colons between.")
    }
}
