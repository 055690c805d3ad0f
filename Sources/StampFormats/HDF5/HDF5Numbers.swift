#if Keras
    import CHDF5
    import Files
    import HDF5Objects

    /// A type of HDF5 whose values are numbers, or arrays of them.
    struct HDF5Numbers {
        /// The axes of each value, none for a plain number.
        private(set) var shape: [Int] = []
        /// What the numbers are as they are read.
        let type: ElementType
        /// Whether they are so in the file too, otherwise the library converts them.
        let isStored: Bool

        /// Nil for texts, references, complex numbers and whatever else is no number.
        ///
        /// - Throws: `HDF5Failure` when the type cannot be looked at.
        init?(_ identifier: hid_t) throws {
            switch H5Tget_class(identifier) {
            case H5T_ARRAY:
                let base = try HDF5Object(H5Tget_super(identifier), closedBy: H5Tclose)
                guard let numbers = try HDF5Numbers(base.identifier) else { return nil }
                var extents = [hsize_t](repeating: 0, count: 32)
                let rank = H5Tget_array_dims2(identifier, &extents)
                guard rank > 0, rank <= 32 else { throw HDF5Failure() }
                self = numbers
                shape = extents[..<Int(rank)].map { Int(clamping: $0) } + numbers.shape
            case H5T_ENUM:
                // Truth values, as h5py stores them.
                let base = try HDF5Object(H5Tget_super(identifier), closedBy: H5Tclose)
                guard let numbers = try HDF5Numbers(base.identifier) else { return nil }
                self = numbers
            case H5T_INTEGER: self.init(integer: identifier)
            case H5T_FLOAT: self.init(float: identifier)
            default: return nil
            }
        }

        private init(integer: hid_t) {
            let (size, isSigned) = (H5Tget_size(integer), H5Tget_sign(integer) != H5T_SGN_NONE)
            let format: ElementType.Format? =
                switch size {
                case 1: isSigned ? .int8 : .uint8
                case 2: isSigned ? .int16 : .uint16
                case 4: isSigned ? .int32 : .uint32
                case 8: isSigned ? .int64 : .uint64
                default: nil
                }
            let isWhole = H5Tget_precision(integer) == 8 * size && H5Tget_offset(integer) == 0
            self.init(format, isWhole: isWhole, order: H5Tget_order(integer), converted: isSigned ? .int64 : .uint64)
        }

        private init(float: hid_t) {
            let format = ElementType.Format.allCases.first { Self.layout(of: $0).map { Self.has(float, $0) } ?? false }
            let size = H5Tget_size(float)
            self.init(
                format, isWhole: H5Tget_precision(float) == 8 * size, order: H5Tget_order(float),
                converted: size <= 4 ? .float32 : .float64)
        }

        private init(_ format: ElementType.Format?, isWhole: Bool, order: H5T_order_t, converted: ElementType.Format) {
            if let format, isWhole, order == H5T_ORDER_LE || order == H5T_ORDER_BE {
                type = ElementType(format, isBigEndian: order == H5T_ORDER_BE)
                isStored = true
            } else {
                (type, isStored) = (ElementType(converted), false)
            }
        }

        /// Where IEEE 754 has the parts of a number.
        private struct FloatLayout {
            let bits: Int, exponentBits: Int, mantissaBits: Int, bias: Int
        }

        private static func layout(of format: ElementType.Format) -> FloatLayout? {
            switch format {
            case .float16: FloatLayout(bits: 16, exponentBits: 5, mantissaBits: 10, bias: 15)
            case .float32: FloatLayout(bits: 32, exponentBits: 8, mantissaBits: 23, bias: 127)
            case .float64: FloatLayout(bits: 64, exponentBits: 11, mantissaBits: 52, bias: 1023)
            default: nil
            }
        }

        private static func has(_ float: hid_t, _ layout: FloatLayout) -> Bool {
            var (sign, exponent, exponentSize, mantissa, mantissaSize) = (0, 0, 0, 0, 0)
            return H5Tget_size(float) * 8 == layout.bits
                && H5Tget_fields(float, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize) >= 0
                && sign == layout.bits - 1 && exponent == layout.mantissaBits && exponentSize == layout.exponentBits
                && mantissa == 0 && mantissaSize == layout.mantissaBits && H5Tget_ebias(float) == layout.bias
                && H5Tget_norm(float) == H5T_NORM_IMPLIED
        }

        /// The library's type for values in memory: that of the file, or what it is converted to.
        func inMemory(_ stored: hid_t) throws -> HDF5Object {
            if isStored { return try HDF5Object(H5Tcopy(stored), closedBy: H5Tclose) }
            let native =
                switch type.format {
                case .int64: hdf5_native_int64()
                case .uint64: hdf5_native_uint64()
                case .float32: hdf5_native_float()
                default: hdf5_native_double()
                }
            guard !shape.isEmpty else { return try HDF5Object(H5Tcopy(native), closedBy: H5Tclose) }
            let extents = shape.map(hsize_t.init)
            return try HDF5Object(H5Tarray_create2(native, UInt32(extents.count), extents), closedBy: H5Tclose)
        }
    }
#endif
