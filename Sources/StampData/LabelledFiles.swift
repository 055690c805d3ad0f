import StampFormats

/// Files of stamps whose classes are known, as a user names them: a list of files for each class, or stamps with a file
/// of labels beside them.
public struct LabelledFiles: Hashable, Sendable {
    /// The files of one class, read as one long array.
    public struct ClassFiles: Hashable, Sendable, Codable {
        public var name: String
        public var files: [String]

        public init(name: String, files: [String]) { (self.name, self.files) = (name, files) }
    }

    /// Stamps, and the file or the column that has a label for each of them.
    public struct Table: Hashable, Sendable, Codable {
        /// Read as one long array; empty where channels have files of their own.
        public var stamps: [String]
        /// The files of each channel; nil where files hold whole stamps.
        public var channels: [StampSource.Channel]?
        /// `FILE.csv:COLUMN`, or a `.npy` file of integers or texts.
        public var labels: String
        /// The classes in their order; nil for the labels that occur, sorted.
        public var classNames: [String]?

        public init(
            stamps: [String], channels: [StampSource.Channel]? = nil, labels: String, classNames: [String]? = nil
        ) {
            (self.stamps, self.channels, self.labels, self.classNames) = (stamps, channels, labels, classNames)
        }

        enum CodingKeys: String, CodingKey {
            case stamps, channels, labels
            case classNames = "class_names"
        }
    }

    /// In the order of the classes; empty where there is a table.
    public var classes: [ClassFiles]
    /// Nil where each class has files of its own.
    public var table: Table?
    /// What the axes of arrays mean where their shapes leave that open; nil to refuse such arrays.
    public var layout: StampLayout?
    /// Stamps that belong to one part of the split alone, with the classes and the layout of the others.
    public var parts: [DataPart: LabelledFiles] = [:]

    public init(classes: [ClassFiles]) { self.classes = classes }

    public init(_ table: Table) { (classes, self.table) = ([], table) }

    /// The two classes that the program began with: class 0 and class 1.
    public init(noise: [String] = [], sources: [String] = []) {
        let names = StampClasses.noiseAndSource.names
        self.init(classes: [ClassFiles(name: names[0], files: noise), ClassFiles(name: names[1], files: sources)])
    }

    /// Whether these are files of noise and of sources.
    public var areNoiseAndSources: Bool { classes.map(\.name) == StampClasses.noiseAndSource.names }

    /// All files of stamps, in the order of the stamps' numbers.
    public var stamps: [String] {
        sources(of: layout).flatMap(\.allFiles) + DataPart.separate.flatMap { parts[$0]?.stamps ?? [] }
    }

    /// The stamps of each class; of a table, all of them.
    func sources(of layout: StampLayout?) -> [StampSource] {
        guard let table else { return classes.map { StampSource($0.files, layout: layout) } }
        return [
            table.channels.map { StampSource(channels: $0, layout: layout) }
                ?? StampSource(table.stamps, layout: layout)
        ]
    }

    /// The files of noise, where there are such; setting them makes the classes noise and sources.
    public var noise: [String] {
        get { areNoiseAndSources ? classes[0].files : [] }
        set { setClasses(LabelledFiles(noise: newValue, sources: sources)) }
    }

    /// The files of sources, likewise.
    public var sources: [String] {
        get { areNoiseAndSources ? classes[1].files : [] }
        set { setClasses(LabelledFiles(noise: noise, sources: newValue)) }
    }

    /// The stamps that validation alone has; nil where it has a share of the others.
    public var validation: LabelledFiles? {
        get { parts[.validation] }
        set { parts[.validation] = newValue }
    }

    /// The stamps that the test alone has, likewise.
    public var test: LabelledFiles? {
        get { parts[.test] }
        set { parts[.test] = newValue }
    }

    /// The files of sources in the order of the stamps' numbers; nil where some stamps have other classes than noise and
    /// sources, or a table of them.
    package var allSources: [StampSource]? { all(\.sources) }

    /// The same of noise.
    package var allNoise: [StampSource]? { all(\.noise) }

    private func all(_ files: (LabelledFiles) -> [String]) -> [StampSource]? {
        let all = [self] + DataPart.separate.compactMap { parts[$0] }
        guard all.allSatisfy(\.areNoiseAndSources) else { return nil }
        return all.map { StampSource(files($0), layout: layout) }
    }

    /// Takes the files of others; the layout, and what single parts have, stay.
    package mutating func setClasses(_ other: LabelledFiles) { (classes, table) = (other.classes, other.table) }
}

/// The files of one part of the split: the layout is that of the training data.
extension LabelledFiles: Codable {
    private enum CodingKeys: String, CodingKey {
        case classes = "class_files"
        case table = "labelled"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let table = try container.decodeIfPresent(Table.self, forKey: .table) {
            self.init(table)
        } else {
            self.init(classes: try container.decode([ClassFiles].self, forKey: .classes))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        if let table {
            try container.encode(table, forKey: .table)
        } else {
            try container.encode(classes, forKey: .classes)
        }
    }
}
