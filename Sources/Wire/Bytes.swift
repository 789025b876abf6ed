/// How numbers and runs of bytes are read from a message and written into one.
extension Array where Element == UInt8 {
    /// The toolchain has no `Array(Span)` yet.
    init(copying span: Span<UInt8>) {
        self.init(unsafeUninitializedCapacity: span.count) { buffer, count in
            for index in span.indices { buffer.initializeElement(at: index, to: span[index]) }
            count = span.count
        }
    }

    /// Appends the bytes, and zeros up to `length`.
    mutating func append(_ bytes: [UInt8], paddedTo length: Int) {
        precondition(bytes.count <= length, "\(bytes.count) bytes do not fit into a field of \(length)")
        self += bytes
        self += repeatElement(0, count: length - bytes.count)
    }

    /// Appends a number of two bytes, the higher first.
    mutating func append(bigEndian number: UInt16) {
        append(UInt8(number >> 8))
        append(UInt8(truncatingIfNeeded: number))
    }

    /// What stands before the first zero.
    var untilZero: [UInt8] { Array(prefix { $0 != 0 }) }

    /// The number at an offset that is known to lie inside.
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number {
        self[offset..<offset + type.bitWidth / 8].reduce(0) { $0 << 8 | Number($1) }
    }
}

extension Span<UInt8> {
    /// The number at an offset that is known to lie inside.
    func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number {
        var number: Number = 0
        for index in offset..<offset + type.bitWidth / 8 { number = number << 8 | Number(self[index]) }
        return number
    }

    func bytes(_ range: Range<Int>) -> [UInt8] { Array(copying: extracting(range)) }
}

extension FixedWidthInteger {
    var bigEndianBytes: [UInt8] {
        (1...Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (Self.bitWidth - 8 * $0)) }
    }
}

extension UInt8 {
    var hexadecimal: String { self < 16 ? "0" + String(self, radix: 16) : String(self, radix: 16) }
}
