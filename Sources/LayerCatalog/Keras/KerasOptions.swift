import Faults
import Layers

/// The options of one layer, read one by one; `finish` refuses those that nobody has asked for, unless they are off.
public struct KerasOptions {
    /// File and layer, for faults.
    public let place: KerasPlace
    /// The Keras class of the layer.
    public let className: String
    /// The number of axes of the layer's inputs, the batch's included.
    private let inputRank: Int
    /// What the layer is called with the first time.
    public let callArguments: [JSONValue]
    private var rest: [String: JSONValue]

    /// The options of a layer or a whole model.
    public init(_ object: KerasObject, at place: KerasPlace) {
        self.place = place
        className = object.className
        inputRank = object.inputRank
        callArguments = object.callArguments
        rest = object.config
    }

    /// Takes an option; null when the file does not have it.
    public mutating func take(_ name: String) -> JSONValue { rest.removeValue(forKey: name) ?? .null }

    /// Takes all options that are left.
    public mutating func takeAll() -> [String: JSONValue] {
        defer { rest = [:] }
        return rest
    }

    /// Leaves an option out of account.
    public mutating func ignore(_ names: String...) { for name in names { rest[name] = nil } }

    /// An integer of a size that some network could have: products of a few of them are integers too. `standard` when
    /// the file does not have the option.
    ///
    /// - Throws: a fault when it is missing without a standard, or no integer from 0 to 65536.
    public mutating func integer(_ name: String, default standard: Int? = nil) throws -> Int {
        let value = take(name)
        if value.isNull, let standard { return standard }
        guard let integer = value.integer, Self.sizes.contains(integer) else {
            throw malformed(name, value, "an integer from 0 to \(Self.sizes.upperBound)")
        }
        return integer
    }

    private static let sizes = 0...(1 << 16)
    /// Pixels along one axis of a window or a map.
    public static let extents = 0...(1 << 12)

    /// A number.
    ///
    /// - Throws: a fault when it is missing, no number, or larger than single precision holds.
    public mutating func number(_ name: String) throws -> Float {
        let value = take(name)
        guard let number = value.number.map(Float.init), number.isFinite else {
            throw malformed(name, value, "a number that single precision holds")
        }
        return number
    }

    /// A number; `standard` when the file does not have the option.
    ///
    /// - Throws: a fault for anything else, and for a number larger than single precision holds.
    public mutating func number(_ name: String, default standard: Float) throws -> Float {
        try optionalNumber(name) ?? standard
    }

    /// A number; nil when the file does not have the option.
    ///
    /// - Throws: a fault for anything else, and for a number larger than single precision holds.
    public mutating func optionalNumber(_ name: String) throws -> Float? {
        guard rest[name].map(\.isNull) == false else {
            ignore(name)
            return nil
        }
        return try number(name)
    }

    /// True or false; `standard` when the file does not have the option.
    ///
    /// - Throws: a fault for anything else.
    public mutating func boolean(_ name: String, default standard: Bool) throws -> Bool {
        let value = take(name)
        if value.isNull { return standard }
        guard let boolean = value.boolean else { throw malformed(name, value, "true or false") }
        return boolean
    }

    /// A pair of integers (height, width); `standard` when the file does not have the option.
    ///
    /// - Throws: a fault for anything else.
    public mutating func extent(_ name: String, default standard: Extent2D? = nil) throws -> Extent2D {
        let value = take(name)
        if value.isNull, let standard { return standard }
        guard let extents = value.array, extents.count == 2, let height = extents[0].integer,
            let width = extents[1].integer, Self.extents.contains(height), Self.extents.contains(width)
        else { throw malformed(name, value, "two integers from 0 to \(Self.extents.upperBound)") }
        return Extent2D(height, width)
    }

    /// Rows and columns on the four sides of a map.
    ///
    /// - Throws: a fault when they are missing, or anything else.
    public mutating func sides(_ name: String) throws -> (top: Int, bottom: Int, left: Int, right: Int) {
        let value = take(name)
        let sides =
            value.array?.compactMap { pair in pair.array?.compactMap(\.integer).filter(Self.extents.contains) } ?? []
        guard sides.count == 2, sides.allSatisfy({ $0.count == 2 }) else {
            throw unsupported(name, value, supported: "((top, bottom), (left, right))")
        }
        return (sides[0][0], sides[0][1], sides[1][0], sides[1][1])
    }

    /// A list of integers.
    ///
    /// - Throws: a fault when it is missing, or anything else.
    public mutating func integers(_ name: String) throws -> [Int] {
        let value = take(name)
        let integers = value.array?.compactMap { $0.integer.flatMap { abs($0) <= 1 << 24 ? $0 : nil } } ?? []
        guard !integers.isEmpty, integers.count == value.array?.count else {
            throw malformed(name, value, "a list of integers")
        }
        return integers
    }

    /// A number or numbers in any nesting, one after another; nil when the file does not have the option.
    ///
    /// - Throws: a fault for anything else, and for numbers larger than single precision holds.
    public mutating func numbers(_ name: String) throws -> [Float]? {
        let value = take(name)
        if value.isNull { return nil }
        func flat(_ value: JSONValue, _ depth: Int) -> [Float]? {
            if let number = value.number.map(Float.init), number.isFinite { return [number] }
            guard let values = value.array, depth < 8 else { return nil }
            let parts = values.map { flat($0, depth + 1) }
            return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
        }
        guard let numbers = flat(value, 0), !numbers.isEmpty else {
            throw malformed(name, value, "numbers that single precision holds")
        }
        return numbers
    }

    /// The option `axis` of layers that work along several: an axis or a list, as Keras counts them.
    ///
    /// - Parameter standard: the axes when there are none.
    /// - Throws: a fault for anything else.
    public mutating func axes(default standard: [Int]) throws -> [Int] {
        let value = take("axis")
        if value.isNull { return standard }
        let axes = (value.array ?? [value]).compactMap { $0.integer.flatMap { abs($0) <= 8 ? $0 : nil } }
        guard axes.count == value.array?.count ?? 1 else { throw malformed("axis", value, "axes") }
        return axes
    }

    /// The axes of a softmax other than over the last axis alone; nil for that, which leaves the option as it is, and
    /// for other layers.
    ///
    /// - Throws: a fault for what are no axes.
    public mutating func softmaxAxes() throws -> [Int]? {
        guard className == "Softmax", let value = rest["axis"], !value.isNull else { return nil }
        let axes = try axes(default: [-1])
        guard axes == [-1] || axes == [inputRank - 1] else { return axes }
        rest["axis"] = -1
        return nil
    }

    /// A pair of integers (height, width); nil when the file does not have the option.
    ///
    /// - Throws: a fault for anything else.
    public mutating func optionalExtent(_ name: String) throws -> Extent2D? {
        if let value = rest[name], !value.isNull { return try extent(name) }
        ignore(name)
        return nil
    }

    /// The option `padding` of windows.
    ///
    /// - Throws: a fault when it is neither `valid` nor `same`.
    public mutating func padding() throws -> Padding {
        let value = take("padding")
        guard let padding = value.string.flatMap(Padding.init(rawValue:)) else {
            throw unsupported("padding", value, supported: "valid or same")
        }
        return padding
    }

    /// The option `activation`: a function's name, null, or one of Keras' activation layers.
    ///
    /// - Throws: a fault for a function that is not supported.
    public mutating func activation() throws -> ActivationFunction {
        try ActivationFunction(keras: take("activation"), at: place)
    }

    /// Takes an option that may have one of these values, or be absent.
    ///
    /// - Parameter supported: the values, for messages.
    /// - Throws: a fault for another value.
    public mutating func require(_ name: String, _ accepted: JSONValue..., supported: String) throws {
        let value = take(name)
        guard value.isNull || accepted.contains(value) else { throw unsupported(name, value, supported: supported) }
    }

    /// Takes `data_format`: maps are (height, width, channels).
    ///
    /// - Throws: a fault for `channels_first`.
    public mutating func requireChannelsLast() throws {
        try require("data_format", "channels_last", supported: "channels_last")
    }

    /// Takes `axis`, which must be the last one of the layer's inputs.
    ///
    /// - Throws: a fault for another axis.
    public mutating func requireLastAxis() throws {
        let last = JSONValue.integer(inputRank - 1)
        try require(
            "axis", -1, [-1], last, .array([last]), supported: "the last axis, -1")
    }

    /// Takes `axis`: one axis of the layer's inputs, as Keras counts it; nil for the last one.
    ///
    /// - Throws: a fault for anything else.
    public mutating func axis() throws -> Int? {
        let value = take("axis")
        let single = value.array?.count == 1 ? value.array![0] : value
        guard single.isNull || single.integer.map((-8...8).contains) == true else {
            throw malformed("axis", value, "an axis")
        }
        return single.integer.flatMap { $0 == -1 || $0 == inputRank - 1 ? nil : $0 }
    }

    /// Takes `dtype`, which must be single precision: as a name, or as a policy that holds the name. A mixed policy has
    /// parameters in single precision too, and only computes in another.
    ///
    /// - Throws: a fault for another precision.
    public mutating func requireSinglePrecision() throws {
        let value = take("dtype")
        let name = value.object?["config"]?.object?["name"] ?? value
        guard name.isNull || name.string == "float32" || name.string?.hasPrefix("mixed_") == true else {
            throw unsupported("dtype", name, supported: "float32")
        }
    }

    /// What is left must be off: null or false.
    ///
    /// - Throws: a fault that names the first option that is not.
    public func finish() throws {
        for (name, value) in rest.sorted(by: { $0.key < $1.key }) where !value.isNull && value != .boolean(false) {
            throw place.fault("has \(name) = \(value.summary), which is not supported", remedy: "build it without")
        }
    }

    /// The fault of an option whose value is not supported.
    ///
    /// - Parameter supported: the values that are, for the message.
    public func unsupported(_ name: String, _ value: JSONValue, supported: String) -> Fault {
        place.fault("has \(name) = \(value.summary), which is not supported", remedy: "supported: \(supported)")
    }

    private func malformed(_ name: String, _ value: JSONValue, _ wanted: String) -> Fault {
        place.damaged("has \(name) = \(value.summary) instead of \(wanted)")
    }
}
