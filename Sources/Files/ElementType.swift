import Glibc

/// The type of an array's elements as a file stores them: a number format and a byte order (numpy's `dtype`).
public struct ElementType: Hashable, Sendable, CustomStringConvertible {
    /// The formats that are read; the raw value is numpy's name.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        case float16, float32, float64
        case int8, int16, int32, int64
        case uint8, uint16, uint32, uint64
        case bool
    }

    public let format: Format
    /// Whether the most significant byte of an element comes first.
    public let isBigEndian: Bool

    public init(_ format: Format, isBigEndian: Bool = false) {
        self.format = format
        self.isBigEndian = isBigEndian
    }

    /// Bytes of one element.
    public var byteCount: Int {
        switch format {
        case .bool, .int8, .uint8: 1
        case .float16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// numpy's name, after the byte order if that is the unusual one.
    public var description: String { isBigEndian ? "big-endian \(format.rawValue)" : format.rawValue }

    /// The type that a plain numpy type string such as `<f4`, `>i2`, `|u1` or `=f8` means; nil for any other.
    package init?(numpyDescription description: String) {
        var code = Substring(description)
        var isBigEndian = false
        if let order = code.first, "<>|=".contains(order) {
            isBigEndian = order == ">"
            code.removeFirst()
        }
        let formats: [Substring: Format] = [
            "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
            "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64, "b1": .bool, "?": .bool,
        ]
        guard let format = formats[code] else { return nil }
        self.init(format, isBigEndian: isBigEndian)
    }
}

extension ElementType {
    /// Converts `count` elements that lie `stride` elements apart. The source may have any alignment; with a stride of
    /// 1 it may be the end of the destination.
    package func convert(
        from source: UnsafeRawPointer, stride: Int, count: Int, to destination: UnsafeMutablePointer<Double>
    ) {
        let run = Run(source: source, stride: stride, count: count, isSwapped: isBigEndian, destination: destination)
        switch format {
        case .float64:
            if stride == 1 && !isBigEndian {
                if UnsafeRawPointer(destination) != source {
                    memcpy(destination, source, count * MemoryLayout<Double>.size)
                }
            } else {
                run.convert(UInt64.self) { Double(bitPattern: $0) }
            }
        case .float32: run.convert(UInt32.self) { Double(Float(bitPattern: $0)) }
        case .float16: run.convert(UInt16.self) { Double(Float16(bitPattern: $0)) }
        case .int8: run.convert(Int8.self) { Double($0) }
        case .int16: run.convert(Int16.self) { Double($0) }
        case .int32: run.convert(Int32.self) { Double($0) }
        case .int64: run.convert(Int64.self) { Double($0) }
        case .uint8: run.convert(UInt8.self) { Double($0) }
        case .uint16: run.convert(UInt16.self) { Double($0) }
        case .uint32: run.convert(UInt32.self) { Double($0) }
        case .uint64: run.convert(UInt64.self) { Double($0) }
        case .bool: run.convert(UInt8.self) { $0 == 0 ? 0 : 1 }
        }
    }

    /// Equally spaced elements, and the destination of their values.
    private struct Run {
        let source: UnsafeRawPointer
        let stride: Int
        let count: Int
        let isSwapped: Bool
        let destination: UnsafeMutablePointer<Double>

        /// Contiguous elements in native order have loops of their own, which the compiler vectorises.
        @inline(__always)
        func convert<Bits: FixedWidthInteger & BitwiseCopyable>(_: Bits.Type, _ value: (Bits) -> Double) {
            let size = MemoryLayout<Bits>.size
            if stride == 1 && !isSwapped {
                for index in 0..<count {
                    destination[index] = value(source.loadUnaligned(fromByteOffset: index &* size, as: Bits.self))
                }
            } else if isSwapped {
                for index in 0..<count {
                    let bits = source.loadUnaligned(fromByteOffset: index &* stride &* size, as: Bits.self)
                    destination[index] = value(bits.byteSwapped)
                }
            } else {
                for index in 0..<count {
                    destination[index] = value(
                        source.loadUnaligned(fromByteOffset: index &* stride &* size, as: Bits.self))
                }
            }
        }
    }
}
