import Faults
import Layers

/// The options of one layer, read one by one; `finish` refuses those that nobody has asked for, unless they are off.
struct KerasOptions {
    let place: KerasPlace
    private var rest: [String: JSONValue]

    init(_ config: [String: JSONValue], at place: KerasPlace) {
        self.place = place
        rest = config
    }

    /// Takes an option; null when the file does not have it.
    mutating func take(_ name: String) -> JSONValue { rest.removeValue(forKey: name) ?? .null }

    /// Leaves an option out of account.
    mutating func ignore(_ names: String...) { for name in names { rest[name] = nil } }

    /// An integer of a size that some network could have: products of a few of them are integers too.
    mutating func integer(_ name: String) throws -> Int {
        let value = take(name)
        guard let integer = value.integer, Self.sizes.contains(integer) else {
            throw malformed(name, value, "an integer from 0 to \(Self.sizes.upperBound)")
        }
        return integer
    }

    private static let sizes = 0...(1 << 16)
    /// Pixels along one axis of a window or a map.
    static let extents = 0...(1 << 12)

    mutating func number(_ name: String) throws -> Float {
        let value = take(name)
        guard let number = value.number.map(Float.init), number.isFinite else {
            throw malformed(name, value, "a number that single precision holds")
        }
        return number
    }

    mutating func boolean(_ name: String, default standard: Bool) throws -> Bool {
        let value = take(name)
        if value.isNull { return standard }
        guard let boolean = value.boolean else { throw malformed(name, value, "true or false") }
        return boolean
    }

    /// A pair of integers (height, width).
    mutating func extent(_ name: String, default standard: Extent2D? = nil) throws -> Extent2D {
        let value = take(name)
        if value.isNull, let standard { return standard }
        guard let extents = value.array, extents.count == 2, let height = extents[0].integer,
            let width = extents[1].integer, Self.extents.contains(height), Self.extents.contains(width)
        else { throw malformed(name, value, "two integers from 0 to \(Self.extents.upperBound)") }
        return Extent2D(height, width)
    }

    mutating func padding() throws -> Padding {
        let value = take("padding")
        guard let padding = value.string.flatMap(Padding.init(rawValue:)) else {
            throw unsupported("padding", value, supported: "valid or same")
        }
        return padding
    }

    mutating func activation() throws -> ActivationFunction {
        try ActivationFunction(keras: take("activation"), at: place)
    }

    /// An option that may have one of these values, or be absent.
    mutating func require(_ name: String, _ accepted: JSONValue..., supported: String) throws {
        let value = take(name)
        guard value.isNull || accepted.contains(value) else { throw unsupported(name, value, supported: supported) }
    }

    /// Maps are (height, width, channels).
    mutating func requireChannelsLast() throws {
        try require("data_format", "channels_last", supported: "channels_last")
    }

    /// `axis` must be the last one of inputs with `rank` axes, the batch's included.
    mutating func requireLastAxis(rank: Int) throws {
        let last = JSONValue.integer(rank - 1)
        try require(
            "axis", -1, [-1], last, .array([last]), supported: "the last axis, -1")
    }

    /// Single precision: as a name, or as a policy that holds the name.
    mutating func requireSinglePrecision() throws {
        let value = take("dtype")
        let name = value.object?["config"]?.object?["name"] ?? value
        guard name.isNull || name.string == "float32" else {
            throw unsupported("dtype", name, supported: "float32")
        }
    }

    /// What is left must be off: null or false.
    func finish() throws {
        for (name, value) in rest.sorted(by: { $0.key < $1.key }) where !value.isNull && value != .boolean(false) {
            throw place.fault("has \(name) = \(value.summary), which is not supported", remedy: "build it without")
        }
    }

    func unsupported(_ name: String, _ value: JSONValue, supported: String) -> Fault {
        place.fault("has \(name) = \(value.summary), which is not supported", remedy: "supported: \(supported)")
    }

    private func malformed(_ name: String, _ value: JSONValue, _ wanted: String) -> Fault {
        place.damaged("has \(name) = \(value.summary) instead of \(wanted)")
    }
}
