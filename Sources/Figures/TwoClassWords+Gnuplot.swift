import Metrics

extension TwoClassWords {
    /// A text with the names in it between gnuplot's quotes, where its markup is off, as in keys.
    func quoted(_ text: String) -> String { areUsual ? "\"\(text)\"" : PlotStyle.quoted(text) }

    /// The same as a label, where the markup is on unless it is switched off.
    func label(_ text: String) -> String { areUsual ? quoted(text) : "\(quoted(text)) noenhanced" }

    /// With names that fit into a figure.
    var short: TwoClassWords {
        let labels = ClassLabels(names)
        return areUsual ? self : TwoClassWords([labels.short(0), labels.short(1)])
    }
}
