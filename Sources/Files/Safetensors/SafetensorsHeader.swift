import Faults

/// The header of a `.safetensors` file, checked against the length of the file.
struct SafetensorsHeader {
    /// The format's own limit.
    static let maximumByteCount = 100_000_000
    /// The format's names of the number formats that are read and written.
    static let formatNames: [(name: String, format: ElementType.Format)] = [
        ("F16", .float16), ("F32", .float32), ("F64", .float64), ("I8", .int8), ("I16", .int16), ("I32", .int32),
        ("I64", .int64), ("U8", .uint8), ("U16", .uint16), ("U32", .uint32), ("U64", .uint64), ("BOOL", .bool),
    ]
    static let metadataKey = "__metadata__"

    private(set) var tensors: [SafetensorsFile.Tensor] = []
    private(set) var metadata: [String: String] = [:]
    let dataOffset: Int

    private let path: String
    private var scanner: HeaderScanner

    init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        self.path = path
        let prefix = 8
        guard bytes.count >= prefix else {
            throw Fault(
                .badData, path, bytes.isEmpty ? "the file is empty" : "ends within its header",
                remedy: "copy the file again, or save the tensors again")
        }
        let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard let length = Int(exactly: claimed), length <= Self.maximumByteCount, length <= bytes.count - prefix else {
            throw Fault(
                .badData, path, "claims a header of \(claimed) bytes and has \(bytes.count - prefix)",
                remedy: "check that it is a .safetensors file, or copy it again")
        }
        dataOffset = prefix + length
        scanner = HeaderScanner(Array(bytes[prefix..<dataOffset]))
        try parse()
        try checkLayout(dataByteCount: bytes.count - dataOffset)
    }

    private mutating func parse() throws {
        var hasMetadata = false
        var names: Set<String> = []
        try parseObject { header, key in
            if key == Self.metadataKey {
                guard !hasMetadata else { throw header.garbled("two \(Self.metadataKey)") }
                hasMetadata = true
                header.metadata = try header.parseMetadata()
            } else {
                guard names.insert(key).inserted else { throw header.garbled("two tensors are called \(key)") }
                header.tensors.append(try header.parseTensor(name: key))
            }
        }
        guard scanner.isAtEnd else { throw garbled("text after its end") }
    }

    /// Parses a JSON object; `parseValue` is called after each key and colon.
    private mutating func parseObject(_ parseValue: (inout Self, String) throws -> Void) throws {
        guard scanner.take("{") else { throw garbled("no object") }
        if scanner.take("}") { return }
        repeat {
            guard let key = scanner.jsonString(), scanner.take(":") else { throw garbled("no key") }
            try parseValue(&self, key)
        } while scanner.take(",")
        guard scanner.take("}") else { throw garbled("an object that does not end") }
    }

    private mutating func parseMetadata() throws -> [String: String] {
        var metadata: [String: String] = [:]
        try parseObject { header, key in
            guard let value = header.scanner.jsonString() else { throw header.garbled("metadata that is no string") }
            guard metadata.updateValue(value, forKey: key) == nil else { throw header.garbled("two \(key)") }
        }
        return metadata
    }

    private mutating func parseTensor(name: String) throws -> SafetensorsFile.Tensor {
        var format: ElementType.Format?
        var shape: [Int]?
        var offsets: [Int]?
        try parseObject { header, key in
            switch key {
            case "dtype" where format == nil: format = try header.parseFormat(of: name)
            case "shape" where shape == nil: shape = try header.parseIntegers(of: name)
            case "data_offsets" where offsets == nil: offsets = try header.parseIntegers(of: name)
            default: throw header.garbled("\(name) has an unknown or repeated key")
            }
        }
        guard let format, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
            throw garbled("\(name) is not described by dtype, shape and data_offsets")
        }
        var size = (partialValue: ElementType(format).byteCount, overflow: false)
        for length in shape where !size.overflow { size = size.partialValue.multipliedReportingOverflow(by: length) }
        guard !size.overflow, size.partialValue == offsets[1] - offsets[0] else {
            throw garbled(
                "\(name) has \(offsets[1] - offsets[0]) bytes, which do not fit its shape \(shapeText(shape))")
        }
        return SafetensorsFile.Tensor(name: name, shape: shape, format: format, byteRange: offsets[0]..<offsets[1])
    }

    private mutating func parseFormat(of name: String) throws -> ElementType.Format {
        guard let text = scanner.jsonString() else { throw garbled("\(name) has no dtype") }
        guard let format = Self.formatNames.first(where: { $0.name == text })?.format else {
            throw Fault(
                .badData, path, "\(name) holds elements of type \(text.prefix(20))", remedy: "save it again as float32")
        }
        return format
    }

    private mutating func parseIntegers(of name: String) throws -> [Int] {
        guard scanner.take("[") else { throw garbled("\(name) has no list of sizes") }
        var integers: [Int] = []
        if scanner.take("]") { return integers }
        repeat {
            guard let digits = scanner.integer(), let integer = Int(digits), integer >= 0 else {
                throw garbled("\(name) has an invalid size")
            }
            integers.append(integer)
        } while scanner.take(",")
        guard scanner.take("]") else { throw garbled("\(name) has a list that does not end") }
        return integers
    }

    /// Every byte of the data must belong to exactly one tensor. Puts the tensors into the order of their bytes.
    private mutating func checkLayout(dataByteCount: Int) throws {
        // Tensors without elements come before the one that starts where they lie; equal ones keep the header's order.
        tensors = tensors.enumerated().sorted {
            ($0.element.byteRange.lowerBound, $0.element.byteRange.upperBound, $0.offset)
                < ($1.element.byteRange.lowerBound, $1.element.byteRange.upperBound, $1.offset)
        }.map(\.element)
        var end = 0
        for tensor in tensors {
            guard tensor.byteRange.upperBound <= dataByteCount else {
                throw Fault(
                    .badData, path,
                    "is truncated: \(tensor.name) reaches to byte \(tensor.byteRange.upperBound) of \(dataByteCount)",
                    remedy: "copy the file again, or save the tensors again")
            }
            guard tensor.byteRange.lowerBound >= end else { throw garbled("\(tensor.name) overlaps another tensor") }
            guard tensor.byteRange.lowerBound == end else { throw garbled("a gap lies before \(tensor.name)") }
            end = tensor.byteRange.upperBound
        }
        guard end == dataByteCount else { throw garbled("\(dataByteCount - end) bytes at its end belong to no tensor") }
    }

    private func garbled(_ problem: String) -> Fault {
        Fault(
            .badData, path, "is not a whole .safetensors file: \(problem)",
            remedy: "copy the file again, or save the tensors again")
    }
}
