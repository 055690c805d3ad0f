/// One figure of a run: what it shows, and where it is.
public struct Figure: Hashable, Sendable {
    /// The stem of its files' names, for instance `roc`.
    public let name: String
    /// A heading, for instance `ROC curve`.
    public let title: String
    /// One or two sentences with the main numbers; also the alternative text for readers who cannot see the picture.
    public let description: String
    /// The folder that its files are in.
    public let folder: String
    /// The names of the files with the numbers behind it; the first is `NAME.csv`.
    public let data: [String]
    /// Whether it was drawn: without gnuplot there are only the numbers.
    public let isDrawn: Bool

    /// The picture for a page or a paper (`NAME.svg`); nil when it was not drawn.
    public var svg: String? { isDrawn ? "\(folder)/\(name).svg" : nil }
    /// The picture for a talk (`NAME.png`); nil when it was not drawn.
    public var png: String? { isDrawn ? "\(folder)/\(name).png" : nil }
    /// The paths of all its files: numbers, gnuplot's commands, pictures.
    public var files: [String] {
        (data + ["\(name).gnuplot"]).map { "\(folder)/\($0)" } + [svg, png].compactMap { $0 }
    }
}
