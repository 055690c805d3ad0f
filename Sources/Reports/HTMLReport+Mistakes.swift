import Figures
import Files
import Metrics

extension HTMLReport {
    /// The stamps that the network is most confidently wrong about; nil for none.
    var mistakes: HTML? {
        let tables: [HTML?]
        switch results.testSet?.usable {
        case .two(let samples): tables = [table(of: samples, trueClass: 0), table(of: samples, trueClass: 1)]
        case .several(let predictions): tables = [table(of: predictions)]
        case nil: tables = []
        }
        let made = tables.compactMap { $0 }
        return made.isEmpty ? nil : HTML.section("Worst mistakes", made)
    }

    /// False positives, or misses.
    private func table(of samples: [ScoredSample], trueClass: Int) -> HTML? {
        let words = TwoClassWords(results.classNames), threshold = results.threshold
        let all = StampGridFigure.mistakes(samples, threshold: threshold, trueClass: trueClass, most: samples.count)
        let most = StampGridFigure.mostMistakes
        let isSource = trueClass == 1
        let (ratios, kinds) = (isSource ? results.signalToNoise : nil, results.kinds)
        let rows = all.prefix(most).map { sample in
            let files = words.areUsual ? (isSource ? "source files" : "noise files") : "–"
            return name(of: sample.index) + [FormattedNumber.fixed(Double(sample.score), 4)]
                + (ratios.map { [$0[sample.index].finite.map { FormattedNumber.significant($0, 3) } ?? "–"] } ?? [])
                + (kinds.map { [$0[sample.index]] } ?? []) + place(of: sample.index, otherwise: files)
        }
        let which = all.count > most ? "the \(most) most confident of \(all.count)" : "\(all.count) in all"
        let columns =
            ["probability of \(words.oneSource)"] + (ratios == nil ? [] : ["S/N"]) + (kinds == nil ? [] : ["kind"])
        return table(
            caption: "\(words.mistakes(trueClass: trueClass)), \(which)", columns + ["file", "stamp"], rows,
            numbers: ratios == nil ? [0, columns.count + 1] : [0, 1, columns.count + 1])
    }

    private func table(of predictions: ClassPredictions) -> HTML? {
        let rows = StampGridFigure.mistakes(predictions).map { sample in
            name(of: sample.index) + [
                results.classNames[sample.trueClass], results.classNames[sample.predictedClass],
                FormattedNumber.fixed(Double(sample.probability), 4),
            ] + place(of: sample.index, otherwise: "–")
        }
        return table(
            caption: "Test stamps that the network is most confidently wrong about",
            ["true class", "predicted class", "its probability", "file", "stamp"], rows, numbers: [2, 4])
    }

    /// A stamp's number, and what it is called.
    private func name(of index: Int) -> [String] {
        ["\(index)"] + (results.identifiers.map { [$0[index]] } ?? [])
    }

    /// The file that holds a stamp, and its number there.
    private func place(of index: Int, otherwise files: String) -> [String] {
        let place = results.stamps?.location(index)
        return [place.map { "\($0.path)" } ?? files, place.map { "\($0.index)" } ?? "–"]
    }

    /// - Parameters:
    ///   - columns: those behind the stamp's name.
    ///   - numbers: which of them are numbers.
    private func table(caption: String, _ columns: [String], _ rows: [[String]], numbers: Set<Int>) -> HTML? {
        guard !rows.isEmpty else { return nil }
        let first = ["index"] + (results.identifiers == nil ? [] : ["id"])
        return HTML.table(
            caption: caption, first + columns, rows, numbers: Set([0] + numbers.map { first.count + $0 }))
    }
}
