import StampData

extension SettingOption {
    static let sources = [SettingOption("--sources") { $0.data.sources.isEmpty ? nil : $0.data.sources }]
    static let noise = [SettingOption("--noise") { $0.data.noise.isEmpty ? nil : $0.data.noise }]

    static let classes = [
        SettingOption("--class") { settings in
            let words = settings.data.otherClasses.flatMap { named in namedFiles(named.name, named.files) }
            return words.isEmpty ? nil : words
        }
    ]

    /// `NAME=FILE FILE …`.
    private static func namedFiles(_ name: String, _ files: [String]) -> [String] {
        files.prefix(1).map { "\(name)=\($0)" } + files.dropFirst()
    }

    static let labels = [
        SettingOption("--stamps") { $0.data.table.flatMap { $0.stamps.isEmpty ? nil : $0.stamps } },
        SettingOption("--channel") { $0.data.table?.channels.map { $0.flatMap { namedFiles($0.name, $0.files) } } },
        SettingOption("--labels") { $0.data.table.map { [$0.labels] } },
        SettingOption("--class-names") { $0.data.table?.classNames.map { [$0.joined(separator: ",")] } },
    ]

    /// The files of one part of the split.
    static func files(of part: DataPart) -> [SettingOption] {
        func option(_ name: String, _ words: @escaping @Sendable (LabelledFiles) -> [String]?) -> SettingOption {
            SettingOption(part.option(name)) { settings in
                settings.data.parts[part].flatMap(words).flatMap { $0.isEmpty ? nil : $0 }
            }
        }
        return [
            option("--sources", \.usualSources), option("--noise", \.usualNoise),
            option("--class") { files in files.otherClasses.flatMap { namedFiles($0.name, $0.files) } },
            option("--stamps") { $0.table?.stamps },
            option("--channel") { $0.table?.channels.map { $0.flatMap { namedFiles($0.name, $0.files) } } },
            option("--labels") { $0.table.map { [$0.labels] } },
        ]
    }
}

extension LabelledFiles {
    /// The files of sources and of noise, which have keys and options of their own; nil where stamps have other classes.
    package var usualSources: [String]? {
        get { areNoiseAndSources ? sources : nil }
        set { if let newValue { sources = newValue } }
    }

    package var usualNoise: [String]? {
        get { areNoiseAndSources ? noise : nil }
        set { if let newValue { noise = newValue } }
    }

    /// Stamps with labels beside them; nil where files have classes.
    package var labelTable: Table? {
        get { table }
        set { if let newValue { setClasses(LabelledFiles(newValue)) } }
    }

    /// The classes that are not noise and sources, which have keys and options of their own.
    package var otherClasses: [ClassFiles] {
        get { areNoiseAndSources ? [] : classes }
        set { setClasses(LabelledFiles(classes: newValue)) }
    }
}

extension Requirement where Value == Int {
    /// The outputs of a network.
    package static var outputs: Requirement {
        Requirement(
            "must be from 1 to \(StampClasses.most)",
            remedy: "use 1 for sigmoid, or the number of classes for softmax"
        ) { (1...StampClasses.most).contains($0) }
    }
}

extension LabelledFiles: CustomStringConvertible {
    /// The files as names and values for people.
    package var rows: [(name: String, value: String)] {
        ownRows
            + DataPart.separate.flatMap { part in
                (parts[part]?.ownRows ?? []).map { ("\(part.rawValue): \($0.name)", $0.value) }
            }
    }

    private var ownRows: [(name: String, value: String)] {
        if let table {
            let channels = table.channels?.map { ($0.name, $0.files.joined(separator: ", ")) }
            return (channels ?? [("stamps", table.stamps.joined(separator: ", "))]) + [("labels", table.labels)]
        }
        // Sources stand first, as among the options.
        let ordered = areNoiseAndSources ? classes.reversed() : classes
        return ordered.map { named in
            (areNoiseAndSources && named.name == "source" ? "sources" : named.name, named.files.joined(separator: ", "))
        }
    }

    public var description: String { rows.map { "\($0.name) \($0.value)" }.joined(separator: ", ") }
}
