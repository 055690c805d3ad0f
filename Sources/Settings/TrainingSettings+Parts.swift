import Faults
import StampData

/// How the stamps come into the parts of the split.
extension TrainingSettings {
    /// Whether a part may have stamps, by what is asked for.
    package func mayHave(_ part: DataPart) -> Bool {
        guard part != .training, data.parts[part] == nil, splitBy == nil else { return true }
        return part == .validation ? split.validation > 0 : fold != nil || split.test > 0
    }

    /// - Throws: `Fault(.usage)` for ways to divide the stamps that do not go together.
    func checkParts() throws {
        let own = DataPart.separate.first { data.parts[$0] != nil }
        if let splitBy {
            let others = [
                (own.map { "stamps for \($0.rawValue) alone" }, own != nil), ("--folds", fold != nil),
                ("--group-by", groupBy != nil),
            ]
            if let (other, _) = others.first(where: \.1) {
                throw Fault(
                    .usage, "--split-by \(splitBy)", "says of each stamp what it is for, and so do \(other!)",
                    remedy: "leave one out")
            }
        }
        if let own, fold != nil {
            throw Fault(
                .usage, "--folds", "tests each stamp once, and there are stamps for \(own.rawValue) alone",
                remedy: "leave out --folds, or the options that begin with --\(own.rawValue)")
        }
        let tables = [
            ("features", features, [validationFeatures, testFeatures]), ("ids", ids, [validationIDs, testIDs]),
        ]
        for (option, _, files) in tables where files.contains(where: { $0 != nil }) {
            for (part, file) in zip(DataPart.separate, files) where data.parts[part] != nil && file == nil {
                throw Fault(
                    .usage, part.option("--\(option)"), "is missing beside that of other stamps",
                    remedy: "name it too, or give --\(option) a row for each stamp and leave out the others")
            }
        }
        for (option, whole, files) in tables {
            for (part, file) in zip(DataPart.separate, files) {
                guard let file, whole == nil || data.parts[part] == nil else { continue }
                throw Fault(
                    .usage, "\(part.option("--\(option)")) \(file)",
                    whole == nil ? "stands without --\(option)" : "is of stamps that there are not",
                    remedy: whole == nil
                        ? "name those of the training stamps too"
                        : "name stamps for \(part.rawValue) with \(part.option("--data")), or leave it out")
            }
        }
    }
}
