extension Node {
    /// Parses one YAML document; a file without any value becomes an empty scalar.
    public init(parsing text: String, file: String) throws(YAMLError) {
        try self.init(parsing: text.utf8.span, file: file)
    }

    /// Parses one YAML document, which must be UTF-8.
    public init(parsing bytes: Span<UInt8>, file: String) throws(YAMLError) {
        guard bytes.count <= Self.largestFile else {
            throw YAMLError("the file is larger than 1 MiB: this cannot be the right one", in: file, at: .start)
        }
        let text = try bytes.extracting(Self.lengthOfByteOrderMark(bytes, file)..<bytes.count)
        self = try text.withUnsafeBufferPointer { (buffer) throws(YAMLError) in
            // libyaml asserts that its input is not NULL, and an empty buffer may be just that.
            guard !buffer.isEmpty else { return .nothing }
            var composer = Composer(try Events(of: buffer, file: file), file: file)
            return try composer.document()
        }
    }

    private static let largestFile = 1 << 20

    static let nothing = Self(Scalar(text: "", isPlain: true, mark: .start))

    private static func lengthOfByteOrderMark(_ bytes: Span<UInt8>, _ file: String) throws(YAMLError) -> Int {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { return 3 }
        if bytes.count >= 2, bytes[0] ^ bytes[1] == 0x01, bytes[0] | bytes[1] == 0xFF {
            throw YAMLError("the file is UTF-16: save it as UTF-8", in: file, at: .start)
        }
        return 0
    }
}

/// Builds the tree from the events, and refuses what a configuration file has no use for.
private struct Composer: ~Copyable {
    private var events: Events
    private let file: String

    init(_ events: consuming Events, file: String) {
        self.events = events
        self.file = file
    }

    mutating func document() throws(YAMLError) -> Node {
        try events.expectStart()
        guard case .documentStart = try events.next() else { return .nothing }
        let node = try node(from: try events.next(), depth: 1)
        while true {
            switch try events.next() {
            case .documentStart(let mark): throw refusal("a second document begins here: one file holds one", mark)
            case .end: return node
            default: continue
            }
        }
    }

    private mutating func node(from event: Event, depth: Int) throws(YAMLError) -> Node {
        switch event {
        case .scalar(let scalar): return Node(scalar)
        case .sequenceStart(let mark): return Node(.sequence(try items(depth, mark)), at: mark)
        case .mappingStart(let mark): return Node(.mapping(try entries(depth, mark)), at: mark)
        default: return .nothing
        }
    }

    private mutating func items(_ depth: Int, _ mark: Mark) throws(YAMLError) -> [Node] {
        try refuseDeeper(than: depth, mark)
        var items: [Node] = []
        while true {
            let event = try events.next()
            if event == .collectionEnd { return items }
            items.append(try node(from: event, depth: depth + 1))
        }
    }

    private mutating func entries(_ depth: Int, _ mark: Mark) throws(YAMLError) -> [Node.Entry] {
        try refuseDeeper(than: depth, mark)
        var entries: [Node.Entry] = []
        var places: [String: Mark] = [:]
        while true {
            let event = try events.next()
            if event == .collectionEnd { return entries }
            let key = try key(event)
            if let first = places.updateValue(key.mark, forKey: key.text) {
                let place = "first on line \(first.line), column \(first.column)"
                throw refusal("duplicate key \"\(key.excerpt)\" (\(place))", key.mark)
            }
            entries.append(Node.Entry(key: key, value: try node(from: try events.next(), depth: depth + 1)))
        }
    }

    private func key(_ event: Event) throws(YAMLError) -> Scalar {
        switch event {
        case .scalar(let key): return key
        case .sequenceStart(let mark), .mappingStart(let mark):
            throw refusal("a key must be text: text that begins with { or [ needs quotes", mark)
        default: return Scalar(text: "", isPlain: true, mark: .start)
        }
    }

    private func refuseDeeper(than depth: Int, _ mark: Mark) throws(YAMLError) {
        if depth > Self.deepest { throw refusal("nested more than \(Self.deepest) deep", mark) }
    }

    private func refusal(_ message: String, _ mark: Mark) -> YAMLError { YAMLError(message, in: file, at: mark) }

    private static let deepest = 32
}
