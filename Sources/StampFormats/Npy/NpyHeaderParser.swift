import Faults
import Files

/// Parses the Python dictionary in a `.npy` header: exactly the keys and kinds of value that numpy writes, with any
/// white space and any order of keys.
struct NpyHeaderParser {
    struct Fields {
        /// What is said of elements that are no numbers.
        let elementType: Result<ElementType, Fault>
        /// How texts are stored, if the elements are texts.
        let textType: NpyTextType?
        let isFortranOrder: Bool
        let shape: [Int]
    }

    private var scanner: HeaderScanner
    private var textType: NpyTextType?
    private let name: String

    init(text: [UInt8], name: String) {
        scanner = HeaderScanner(text)
        self.name = name
    }

    mutating func parse() throws -> Fields {
        var elementType: Result<ElementType, Fault>?
        textType = nil
        var isFortranOrder: Bool?
        var shape: [Int]?
        guard scanner.take("{") else { throw garbled("no dictionary") }
        while !scanner.take("}") {
            guard let key = string(), scanner.take(":") else { throw garbled("no key") }
            switch key {
            case "descr" where elementType == nil: elementType = try parseElementType()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try parseBoolean()
            case "shape" where shape == nil: shape = try parseShape()
            default: throw garbled("an unknown or repeated key")
            }
            guard scanner.take(",") || scanner.next == UInt8(ascii: "}") else { throw garbled("no comma") }
        }
        guard scanner.isAtEnd else { throw garbled("text after the dictionary") }
        guard let elementType, let isFortranOrder, let shape else { throw garbled("a key is missing") }
        return Fields(elementType: elementType, textType: textType, isFortranOrder: isFortranOrder, shape: shape)
    }

    private mutating func string() -> String? {
        scanner.plainString(quote: "'") ?? scanner.plainString(quote: "\"")
    }

    private mutating func parseBoolean() throws -> Bool {
        if scanner.take(word: "True") { return true }
        if scanner.take(word: "False") { return false }
        throw garbled("fortran_order is neither True nor False")
    }

    private mutating func parseElementType() throws -> Result<ElementType, Fault> {
        if scanner.next == UInt8(ascii: "[") || scanner.next == UInt8(ascii: "(") {
            guard scanner.takeBrackets() else { throw garbled("descr has no end") }
            return .failure(
                Fault(
                    .badData, name, "holds records of several fields (a structured dtype)",
                    remedy: "save the field with the pixels as an array of its own, such as float32"))
        }
        guard let text = string() else { throw garbled("descr is not a string") }
        if let type = ElementType(numpyDescription: text) { return .success(type) }
        textType = NpyTextType(numpyDescription: text)
        if text.drop(while: { "<>|=".contains($0) }).first == "O" {
            return .failure(
                Fault(
                    .badData, name, "holds Python objects, which are never unpickled",
                    remedy: "save it again as numbers: numpy.save(file, array.astype('float32'))"))
        }
        // Whatever a file says, the message stays one short, printable line.
        let printable = String(
            text.unicodeScalars.prefix(20).filter { (0x20..<0x7F).contains($0.value) }.map(Character.init))
        return .failure(
            Fault(
                .badData, name, "holds elements of type '\(printable)'",
                remedy: "save it again as float16, float32, float64, integers of 8 to 64 bits or bool"))
    }

    private mutating func parseShape() throws -> [Int] {
        guard scanner.take("(") else { throw garbled("shape is not a tuple") }
        var shape: [Int] = []
        while !scanner.take(")") {
            guard let digits = scanner.integer() else { throw garbled("shape holds something other than integers") }
            // Python 2 wrote long integers with an L.
            _ = scanner.take("L")
            guard let length = Int(digits), length >= 0 else {
                throw Fault(
                    .badData, name, "claims an axis of length \(digits.prefix(24))",
                    remedy: "the header is damaged: save the array again")
            }
            shape.append(length)
            guard scanner.take(",") || (scanner.next == UInt8(ascii: ")") && shape.count > 1) else {
                throw garbled("shape is not a tuple")
            }
        }
        return shape
    }

    private func garbled(_ problem: String) -> Fault {
        Fault(.badData, name, "has a garbled header: \(problem)", remedy: "save the array again with numpy.save")
    }
}
