import Faults

/// Reads a pickle of tensors in dictionaries, as `torch.save` writes one.
///
/// A pickle is a program; this machine has the instructions that make numbers, texts, containers and tensors, and calls
/// nothing: `collections.OrderedDict` and two functions of torch are known by name, and any other function, class or
/// instruction is refused. Source: Python's `pickletools`, protocols 0 to 5.
package struct PickleReader {
    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private var position = 0
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var sequences: [[PickleValue]] = []
    private var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []

    /// - Parameter file: what messages call it.
    package init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// The entries of a dictionary, in their order.
    func entries(_ dictionary: Int) -> [(key: PickleValue, value: PickleValue)] { dictionaries[dictionary] }

    /// Runs the pickle: what it leaves.
    package mutating func read() throws -> PickleValue {
        while true {
            let code = try byte()
            if code == UInt8(ascii: ".") { return try pop() }
            guard let instruction = Instruction(rawValue: code) else { throw refused(code) }
            try execute(instruction)
        }
    }

    // MARK: Instructions

    private enum Instruction: UInt8 {
        case proto = 0x80
        case frame = 0x95
        case mark = 0x28
        case none = 0x4E
        case newTrue = 0x88
        case newFalse = 0x89
        case int = 0x4A
        case int1 = 0x4B
        case int2 = 0x4D
        case long1 = 0x8A
        case float = 0x47
        case unicode = 0x58
        case shortUnicode = 0x8C
        case unicode8 = 0x8D
        case bytes = 0x42
        case shortBytes = 0x43
        case emptyTuple = 0x29
        case tuple1 = 0x85
        case tuple2 = 0x86
        case tuple3 = 0x87
        case tuple = 0x74
        case emptyList = 0x5D
        case append = 0x61
        case appends = 0x65
        case emptyDictionary = 0x7D
        case setItem = 0x73
        case setItems = 0x75
        case put1 = 0x71
        case put4 = 0x72
        case memoize = 0x94
        case get1 = 0x68
        case get4 = 0x6A
        case global = 0x63
        case stackGlobal = 0x93
        case persistentID = 0x51
        case reduce = 0x52
        case newObject = 0x81
        case build = 0x62
        case pop = 0x30
    }

    private mutating func execute(_ instruction: Instruction) throws {
        switch instruction {
        case .proto: guard try byte() <= 5 else { throw damaged("its pickle has an unknown protocol") }
        case .frame: _ = try take(8)
        case .mark: marks.append(stack.count)
        case .none: stack.append(.none)
        case .newTrue: stack.append(.bool(true))
        case .newFalse: stack.append(.bool(false))
        case .int: stack.append(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
        case .int1: stack.append(.integer(try unsigned(1)))
        case .int2: stack.append(.integer(try unsigned(2)))
        case .long1: stack.append(.integer(try long()))
        case .float:
            let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            stack.append(.number(Double(bitPattern: bits)))
        case .unicode: stack.append(.text(try text(unsigned(4))))
        case .shortUnicode: stack.append(.text(try text(unsigned(1))))
        case .unicode8: stack.append(.text(try text(unsigned(8))))
        case .bytes:
            _ = try take(unsigned(4))
            stack.append(.bytes)
        case .shortBytes:
            _ = try take(unsigned(1))
            stack.append(.bytes)
        case .emptyTuple, .emptyList: push(sequence: [])
        case .tuple1: push(sequence: try pop(1))
        case .tuple2: push(sequence: try pop(2))
        case .tuple3: push(sequence: try pop(3))
        case .tuple: push(sequence: try popMarked())
        case .append: try append(pop(1))
        case .appends: try append(popMarked())
        case .emptyDictionary: pushDictionary()
        case .setItem: try setItems(pop(2))
        case .setItems: try setItems(popMarked())
        case .put1: memo[try unsigned(1)] = try top()
        case .put4: memo[try unsigned(4)] = try top()
        case .memoize: memo[memo.count] = try top()
        case .get1: stack.append(try remembered(unsigned(1)))
        case .get4: stack.append(try remembered(unsigned(4)))
        case .global: stack.append(.global("\(try line()).\(try line())"))
        case .stackGlobal:
            guard case .text(let name) = try pop(), case .text(let module) = try pop() else { throw garbled }
            stack.append(.global("\(module).\(name)"))
        case .persistentID: stack.append(.storage(try storage(pop())))
        case .reduce: try reduce()
        case .newObject:
            _ = try pop()
            guard case .global(let name) = try pop() else { throw garbled }
            throw refused("makes an object of \(Self.shown(name))")
        case .build: try build()
        case .pop: _ = try pop()
        }
    }

    // MARK: Containers

    private mutating func push(sequence values: [PickleValue]) {
        stack.append(.sequence(sequences.count))
        sequences.append(values)
    }

    private mutating func pushDictionary() {
        stack.append(.dictionary(dictionaries.count))
        dictionaries.append([])
    }

    private mutating func append(_ values: [PickleValue]) throws {
        guard case .sequence(let number) = try top() else { throw garbled }
        sequences[number] += values
    }

    private mutating func setItems(_ values: [PickleValue]) throws {
        guard case .dictionary(let number) = try top(), values.count.isMultiple(of: 2) else { throw garbled }
        for index in stride(from: 0, to: values.count, by: 2) {
            dictionaries[number].append((values[index], values[index + 1]))
        }
    }

    private func values(_ value: PickleValue) throws -> [PickleValue] {
        guard case .sequence(let number) = value else { throw garbled }
        return sequences[number]
    }

    // MARK: Calls

    private mutating func reduce() throws {
        let arguments = try values(pop())
        guard case .global(let name) = try pop() else { throw garbled }
        switch name {
        case "collections.OrderedDict":
            guard arguments.isEmpty else { throw garbled }
            pushDictionary()
        case "torch._utils._rebuild_tensor_v2": stack.append(.tensor(try tensor(arguments)))
        case "torch._utils._rebuild_parameter":
            guard case .tensor? = arguments.first else { throw garbled }
            stack.append(arguments[0])
        default: throw refused("calls \(Self.shown(name))")
        }
    }

    /// A dictionary's attributes, in which torch notes the versions of modules: nothing that is needed.
    private mutating func build() throws {
        _ = try pop()
        guard case .dictionary = try top() else { throw garbled }
    }

    /// What a storage is named by: ("storage", class, key, location, count).
    private func storage(_ value: PickleValue) throws -> TorchStorage {
        let parts = try values(value)
        guard parts.count == 5, parts[0] == .text("storage"), case .global(let name) = parts[1],
            case .text(let key) = parts[2], case .integer(let count) = parts[4], count >= 0
        else { throw garbled }
        let kind = name.split(separator: ".", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        guard name == "torch.\(kind)" || name == "torch.storage.\(kind)" else {
            throw refused("names \(Self.shown(name))")
        }
        return TorchStorage(kind: kind, key: key, count: count)
    }

    /// (storage, offset, shape, strides, …)
    private func tensor(_ arguments: [PickleValue]) throws -> TorchTensor {
        guard arguments.count >= 4, case .storage(let storage) = arguments[0],
            case .integer(let offset) = arguments[1]
        else { throw garbled }
        let (shape, strides) = (try integers(arguments[2]), try integers(arguments[3]))
        guard shape.count == strides.count, shape.count <= 8, offset >= 0 else { throw garbled }
        var (last, count) = (offset, 1)
        for (extent, stride) in zip(shape, strides) {
            guard extent >= 0, stride >= 0 else { throw garbled }
            let product = count.multipliedReportingOverflow(by: extent)
            let reach = max(extent - 1, 0).multipliedReportingOverflow(by: stride)
            let sum = last.addingReportingOverflow(reach.partialValue)
            guard !product.overflow, !reach.overflow, !sum.overflow else { throw garbled }
            (last, count) = (sum.partialValue, product.partialValue)
        }
        // A view may repeat elements, which no parameter does: that would make much of little.
        guard count == 0 || last < storage.count, count <= storage.count else { throw garbled }
        return TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
    }

    private func integers(_ value: PickleValue) throws -> [Int] {
        try values(value).map {
            guard case .integer(let number) = $0 else { throw garbled }
            return number
        }
    }

    // MARK: Stack

    private func top() throws -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else { throw garbled }
        return value
    }

    private mutating func pop() throws -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw garbled }
        defer { stack.removeLast(count) }
        return Array(stack[(stack.count - count)...])
    }

    private mutating func popMarked() throws -> [PickleValue] {
        guard let mark = marks.popLast(), mark <= stack.count else { throw garbled }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private func remembered(_ number: Int) throws -> PickleValue {
        guard let value = memo[number] else { throw garbled }
        return value
    }

    // MARK: Bytes

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else { throw damaged("its pickle ends early") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    private mutating func byte() throws -> UInt8 { try take(1)[0] }

    /// A little-endian number; none as large as its sign bit is that of anything that fits into a file.
    private mutating func unsigned(_ byteCount: Int) throws -> Int {
        let value = try take(byteCount).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw garbled }
        return number
    }

    /// A signed number of few bytes.
    private mutating func long() throws -> Int {
        let digits = try take(unsigned(1))
        guard digits.count <= 8 else { throw garbled }
        let isNegative = digits.last.map { $0 & 0x80 != 0 } ?? false
        let value = digits.reversed().reduce(isNegative ? ~UInt64(0) : 0) { $0 << 8 | UInt64($1) }
        return Int(Int64(bitPattern: value))
    }

    private mutating func text(_ byteCount: Int) throws -> String {
        String(decoding: try take(byteCount), as: UTF8.self)
    }

    private mutating func line() throws -> String {
        guard let end = bytes[position...].firstIndex(of: 0x0A) else { throw damaged("its pickle ends early") }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    // MARK: Faults

    private var garbled: Fault { damaged("its pickle is garbled") }

    private func damaged(_ problem: String) -> Fault {
        Fault(.badData, file, problem, remedy: "save the state dict again with torch.save(model.state_dict(), FILE)")
    }

    private func refused(_ what: String) -> Fault {
        Fault(
            .badData, file, "\(what), which is not run",
            remedy: "save tensors alone: torch.save(model.state_dict(), FILE)")
    }

    private func refused(_ code: UInt8) -> Fault {
        let digits = String(code, radix: 16, uppercase: true)
        return refused("holds the pickle instruction 0x\(code < 16 ? "0" : "")\(digits)")
    }

    /// A name from the file, for a message of one line.
    private static func shown(_ name: String) -> String {
        String(name.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }
}
