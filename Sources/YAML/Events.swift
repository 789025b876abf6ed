import CYAML

/// What libyaml sees while it reads, one thing after the other.
enum Event: Equatable {
    case documentStart(Mark)
    case documentEnd
    case scalar(Scalar)
    case sequenceStart(Mark)
    case mappingStart(Mark)
    case collectionEnd
    case end
}

/// A libyaml parser and the event it stands on, freed when their one owner lets go.
///
/// Both are on the heap: libyaml keeps pointers into them, and a Swift variable's address may move.
struct Events: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let event: UnsafeMutablePointer<yaml_event_t>
    private let source: Source

    /// The parser reads `bytes`, which must not be empty, in place: they must outlive it.
    init(of bytes: UnsafeBufferPointer<UInt8>, file: String) throws(YAMLError) {
        parser = .allocate(capacity: 1)
        event = .allocate(capacity: 1)
        source = Source(bytes: bytes, file: file)
        event.initialize(to: yaml_event_t())
        guard yaml_parser_initialize(parser) == 1 else { throw YAMLError("out of memory", in: file, at: .start) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_event_delete(event)
        yaml_parser_delete(parser)
        event.deallocate()
        parser.deallocate()
    }

    /// Takes the event that opens every stream, which carries nothing.
    mutating func expectStart() throws(YAMLError) {
        try advance()
    }

    mutating func next() throws(YAMLError) -> Event {
        try advance()
        let mark = Mark(event.pointee.start_mark)
        let data = event.pointee.data
        switch event.pointee.type {
        case YAML_DOCUMENT_START_EVENT: return .documentStart(mark)
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_SEQUENCE_START_EVENT:
            try refuse(data.sequence_start.anchor, data.sequence_start.tag, mark)
            return .sequenceStart(mark)
        case YAML_MAPPING_START_EVENT:
            try refuse(data.mapping_start.anchor, data.mapping_start.tag, mark)
            return .mappingStart(mark)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .collectionEnd
        case YAML_SCALAR_EVENT:
            try refuse(data.scalar.anchor, data.scalar.tag, mark)
            return .scalar(scalar(mark))
        case YAML_ALIAS_EVENT:
            throw source.refusal("aliases (*name) are not supported: write the value out; quote text with a *", mark)
        default: return .end
        }
    }

    private mutating func advance() throws(YAMLError) {
        yaml_event_delete(event)
        guard yaml_parser_parse(parser, event) == 1 else { throw source.failure(parser.pointee) }
    }

    private func scalar(_ mark: Mark) -> Scalar {
        let scalar = event.pointee.data.scalar
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        return Scalar(text: String(decoding: bytes, as: UTF8.self), isPlain: isPlain, mark: mark)
    }

    private func refuse(
        _ anchor: UnsafeMutablePointer<UInt8>?,
        _ tag: UnsafeMutablePointer<UInt8>?,
        _ mark: Mark
    ) throws(YAMLError) {
        if anchor != nil {
            throw source.refusal("anchors (&name) are not supported: write the value out; quote text with a &", mark)
        }
        if tag != nil {
            throw source.refusal("tags (!name) are not supported: leave it out; quote text with a !", mark)
        }
    }
}

extension Mark {
    init(_ mark: yaml_mark_t) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
