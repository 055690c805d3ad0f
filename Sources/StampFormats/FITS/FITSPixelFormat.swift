import Files

/// How a FITS image stores its pixels: BITPIX, and BSCALE, BZERO and BLANK, which turn stored numbers into physical
/// values.
///
/// Source: the FITS standard 4.0, sections 4.4.2.5 and 5. The physical value is BZERO + BSCALE · stored value, in
/// double precision; a stored integer equal to BLANK is undefined and becomes NaN.
struct FITSPixelFormat: Hashable, Sendable, Codable {
    /// How a stored number becomes a physical value.
    enum Scaling: Hashable, Sendable, Codable {
        case none
        /// The convention for integers of the opposite signedness: BSCALE is 1 and BZERO shifts the range (32768 for
        /// unsigned 16-bit numbers), which is exact in integers of any size.
        case otherSign
        case linear(scale: Double, zero: Double)
    }

    /// The values of BITPIX.
    enum Storage: Int, Hashable, Sendable, Codable {
        case unsignedByte = 8
        case int16 = 16
        case int32 = 32
        case int64 = 64
        case float32 = -32
        case float64 = -64

        /// Bytes of a pixel.
        var byteCount: Int { abs(rawValue) / 8 }

        /// Turns pixels as they stand in a file into those of this machine: the least significant byte comes first.
        func toThisMachine(_ pixels: UnsafeMutableRawBufferPointer) {
            for start in stride(from: 0, to: pixels.count, by: byteCount) {
                var pixel = UnsafeMutableRawBufferPointer(rebasing: pixels[start..<start + byteCount])
                pixel.reverse()
            }
        }
    }

    let storage: Storage
    let scaling: Scaling
    /// The stored integer that marks an undefined pixel.
    let blank: Int64?
    /// Whether the most significant byte comes first, as it does in files.
    private(set) var isBigEndian: Bool

    /// The format that these keywords describe.
    init(storage: Storage, scale: Double, zero: Double, blank: Int64?, isBigEndian: Bool = true) {
        self.storage = storage
        self.isBigEndian = isBigEndian
        let otherSign: Double? =
            switch storage {
            case .unsignedByte: -0x1p7
            case .int16: 0x1p15
            case .int32: 0x1p31
            case .int64: 0x1p63
            case .float32, .float64: nil
            }
        if scale == 1 && zero == 0 {
            scaling = .none
        } else if scale == 1 && zero == otherSign {
            scaling = .otherSign
        } else {
            scaling = .linear(scale: scale, zero: zero)
        }
        // The standard has no BLANK for floating-point pixels: they have NaN.
        self.blank = storage.rawValue > 0 ? blank : nil
    }

    /// The same format in this machine's byte order.
    var inMemory: FITSPixelFormat {
        var format = self
        format.isBigEndian = false
        return format
    }

    /// Converts `count` stored pixels to physical values. The source may have any alignment; it may be the end of the
    /// destination.
    func convert(from source: UnsafeRawPointer, count: Int, to destination: UnsafeMutablePointer<Double>) {
        if scaling == .none && blank == nil {
            return elementType.convert(from: source, stride: 1, count: count, to: destination)
        }
        switch storage {
        case .unsignedByte: convertIntegers(UInt8.self, Int8.self, source, count, destination)
        case .int16: convertIntegers(Int16.self, UInt16.self, source, count, destination)
        case .int32: convertIntegers(Int32.self, UInt32.self, source, count, destination)
        case .int64: convertIntegers(Int64.self, UInt64.self, source, count, destination)
        case .float32, .float64:
            elementType.convert(from: source, stride: 1, count: count, to: destination)
            guard case .linear(let scale, let zero) = scaling else { return }
            for index in 0..<count { destination[index] = zero + scale * destination[index] }
        }
    }

    /// The stored numbers' type.
    private var elementType: ElementType {
        let format: ElementType.Format =
            switch storage {
            case .unsignedByte: .uint8
            case .int16: .int16
            case .int32: .int32
            case .int64: .int64
            case .float32: .float32
            case .float64: .float64
            }
        return ElementType(format, isBigEndian: isBigEndian)
    }

    /// - Parameters:
    ///   - Stored: the integers' type in the file.
    ///   - Other: the type of as many bits and the opposite signedness.
    private func convertIntegers<Stored: FixedWidthInteger & BitwiseCopyable, Other: FixedWidthInteger>(
        _: Stored.Type, _: Other.Type, _ source: UnsafeRawPointer, _ count: Int,
        _ destination: UnsafeMutablePointer<Double>
    ) {
        let size = MemoryLayout<Stored>.size
        // A BLANK out of the pixels' range marks none.
        let blank = blank.flatMap { Stored(exactly: $0) }
        let signBit = Stored(truncatingIfNeeded: 1 << (Stored.bitWidth - 1))
        for index in 0..<count {
            let bits = source.loadUnaligned(fromByteOffset: index &* size, as: Stored.self)
            let stored = isBigEndian ? Stored(bigEndian: bits) : bits
            destination[index] =
                if stored == blank {
                    .nan
                } else {
                    switch scaling {
                    case .none: Double(stored)
                    case .otherSign: Double(Other(truncatingIfNeeded: stored ^ signBit))
                    case .linear(let scale, let zero): zero + scale * Double(stored)
                    }
                }
        }
    }
}
