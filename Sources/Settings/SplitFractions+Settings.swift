import Faults
import StampData

extension Requirement where Value == SplitFractions {
    /// Shares that were decoded may be any.
    static var split: Requirement {
        Requirement(
            "shares must add up to 1 and not be negative, nor the first zero",
            remedy: "give three shares such as 0.7,0.1,0.2"
        ) { (try? SplitFractions($0.training, $0.validation, $0.test)) != nil }
    }
}

extension SplitFractions {
    /// Reads the value of `--split`: three numbers with commas between them.
    ///
    /// - Throws: `Fault(.usage)`.
    package init(option text: String) throws {
        let shares = text.split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.filter { $0 != " " })
        }
        guard shares.count == 3, let first = shares[0], let second = shares[1], let third = shares[2] else {
            throw Fault(
                .usage, "--split \(text)", "must be three numbers", remedy: "give shares such as 0.7,0.1,0.2")
        }
        try self.init(first, second, third)
    }
}
