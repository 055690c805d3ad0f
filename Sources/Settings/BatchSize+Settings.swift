import Faults
import StampData

extension Requirement where Value == BatchSize {
    static var batchSize: Requirement {
        Requirement("must be a whole number from 1, or `full`", remedy: "give, for instance, 256") {
            if case .samples(let count) = $0 { count >= 1 } else { true }
        }
    }
}

extension BatchSize {
    /// Reads the value of `--batch-size`.
    ///
    /// - Throws: `Fault(.usage)`.
    package init(option text: String) throws {
        guard let size = BatchSize(text), Requirement.batchSize.isMet(size) else {
            throw Requirement<BatchSize>.batchSize.fault(of: "--batch-size", text)
        }
        self = size
    }
}
