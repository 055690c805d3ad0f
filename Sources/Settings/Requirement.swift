import Faults
import ModelFiles
import Models

/// What a setting's value must be, in the words that a user is told.
package struct Requirement<Value>: Sendable {
    private let problem: String
    private let remedy: String
    let isMet: @Sendable (Value) -> Bool
    /// Whether a fault shows the value: an empty one cannot be seen.
    private var showsValue = true

    /// - Parameters:
    ///   - problem: what is wrong with a value that does not meet it.
    ///   - remedy: what the user can do about it.
    package init(_ problem: String, remedy: String, isMet: @escaping @Sendable (Value) -> Bool) {
        (self.problem, self.remedy, self.isMet) = (problem, remedy, isMet)
    }

    /// - Parameter option: the name of the option that the value is of.
    /// - Throws: `Fault(.usage)` that names the option and the value.
    package func check(_ value: Value, of option: String) throws {
        if !isMet(value) { throw fault(of: option, "\(value)") }
    }

    /// What an option with this text is refused with.
    func fault(of option: String, _ text: String) -> Fault {
        Fault(.usage, showsValue ? "\(option) \(text)" : option, problem, remedy: remedy)
    }
}

extension Requirement where Value == Int {
    /// How many of something there are.
    package static var count: Requirement {
        let most = 1 << 30
        return Requirement("must be from 1 to \(most)", remedy: "give a positive whole number") {
            (1...most).contains($0)
        }
    }
}

extension Requirement where Value == String {
    /// - Parameter remedy: what to name.
    static func name(remedy: String) -> Requirement {
        var requirement = Requirement("is empty", remedy: remedy) { !$0.isEmpty }
        requirement.showsValue = false
        return requirement
    }

    /// A standard network's name, or a model file's.
    package static var networkName: Requirement {
        let names = StandardNetwork.allCases.map(\.rawValue).joined(separator: ", ")
        return Requirement(
            "is no network that is known",
            remedy: "use \(names), a .safetensors, .keras, .h5, .onnx, .pth or .json file, or the folder of a run"
        ) { StandardNetwork(rawValue: $0) != nil || ModelFiles.isFile($0) }
    }
}

extension Requirement where Value == Float {
    static func positive(_ example: String) -> Requirement {
        Requirement("must be a positive number", remedy: "give, for instance, \(example)") { $0 > 0 && $0.isFinite }
    }

    static func notNegative(_ example: String) -> Requirement {
        Requirement("must be 0 or a positive number", remedy: "give, for instance, \(example)") {
            $0 >= 0 && $0.isFinite
        }
    }
}
