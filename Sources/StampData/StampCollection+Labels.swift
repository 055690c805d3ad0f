import Faults
import StampFormats

extension StampCollection {
    /// Opens files of stamps with known classes, and reads their labels where those are in a file of their own.
    ///
    /// - Parameter known: the classes that labels are of, where a model has settled them; nil for those that the user
    ///   names or that occur.
    /// - Throws: `Fault` for files that cannot be read, stamps that differ in size, labels that are not one for each
    ///   stamp, and classes that are not among the known ones.
    public init(_ files: LabelledFiles, of known: StampClasses? = nil) throws {
        var divided = files
        divided.parts = [:]
        let whole = try StampCollection(divided, part: .training, of: known)
        guard !files.parts.isEmpty else {
            self = whole
            return
        }
        var (all, labels, parts) = (whole.files, (0..<whole.count).map(whole.shortLabel), [DataPart: Range<Int>]())
        for part in DataPart.separate {
            guard var own = files.parts[part] else { continue }
            own.layout = files.layout
            let stamps = try StampCollection(own, part: part, of: whole.classes)
            parts[part] = labels.count..<labels.count + stamps.count
            all += stamps.files
            labels += (0..<stamps.count).map(stamps.shortLabel)
        }
        try self.init(all, whole.classes, .table(labels), parts: parts)
    }

    /// The class of a stamp as tables keep it.
    private func shortLabel(_ stamp: Int) -> UInt16 { UInt16(label(stamp)) }

    /// - Parameter part: that which the files are named for; messages speak of its options.
    private init(_ files: LabelledFiles, part: DataPart, of known: StampClasses?) throws {
        let opened = try files.sources(of: files.layout).map { try $0.open() }
        let stamps = opened.flatMap { $0 }
        guard let table = files.table else {
            try self.init(opened, classes: files.classes.map(\.name), part: part, of: known)
            return
        }
        let column = try StampColumn(option: part.option("--labels"), table.labels)
        if let row = column.firstFraction {
            throw Fault(
                .badData, table.labels, "holds \(column.texts[row]) for stamp \(row), which is no label",
                remedy: "give whole numbers or texts")
        }
        try column.check(count: stamps.reduce(0) { $0 + $1.count })
        let named = try table.classNames.map { try StampClasses($0, from: "--class-names") }
        let (classes, labels) = try Self.classes(column, named: known ?? named)
        try self.init(stamps, classes, .table(labels))
    }

    /// The stamps of each class.
    private init(_ stamps: [[StampArray]], classes: [String], part: DataPart, of known: StampClasses?) throws {
        let option = part.option("--class")
        // One part may lack classes.
        let isPart = part != .training && known != nil
        let own = isPart ? known! : try StampClasses(classes, from: option)
        guard let known, isPart ? known.names != classes : known != own else {
            try self.init(stamps.flatMap { $0 }, own, .files(stamps.map(\.count)))
            return
        }
        let labels = try classes.map { name in
            guard let label = known.names.firstIndex(of: name) else {
                throw Fault(
                    .badData, "\(option) \(name)", "is no class of the \(isPart ? "training data" : "model")",
                    remedy: "its classes are \(StampClasses.list(known.names))")
            }
            return UInt16(label)
        }
        let table = zip(labels, stamps).flatMap { label, files in
            Array(repeating: label, count: files.reduce(0) { $0 + $1.count })
        }
        try self.init(stamps.flatMap { $0 }, known, .table(table))
    }

    /// The classes of labels, and the class of each.
    ///
    /// Labels are the classes' names. Whole numbers may also be the classes' numbers, from 0, where the names are given
    /// and are others.
    private static func classes(
        _ column: StampColumn, named: StampClasses?
    ) throws -> (StampClasses, [UInt16]) {
        let distinct = column.distinctTexts
        guard let named else {
            guard distinct.count <= StampClasses.most, distinct.count >= 2 else {
                throw Fault(
                    .badData, column.name, "has \(distinct.count == 1 ? "one label" : "\(distinct.count) labels")",
                    remedy: distinct.count < 2
                        ? "give stamps of at least two classes"
                        : "name the column of the classes; there may be \(StampClasses.most) of them")
            }
            return (try StampClasses(distinct, from: column.name), column.numbers(of: distinct))
        }
        let numbers = (0..<named.count).map(String.init)
        let areNumbers = column.isInteger && !distinct.allSatisfy(named.names.contains)
        let known = areNumbers ? numbers : named.names
        if let row = column.firstRow(notAmong: known) {
            throw Fault(
                .badData, column.name, "row \(row) has the label \"\(column.texts[row].prefix(40))\"",
                remedy: "the classes are \(StampClasses.list(named.names))\(areNumbers ? ", numbered from 0" : "")")
        }
        return (named, column.numbers(of: known))
    }
}

extension StampColumn {
    /// The place of each row's text among some that hold them all.
    fileprivate func numbers(of known: [String]) -> [UInt16] {
        let places = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, UInt16($0)) })
        return texts.map { places[$0]! }
    }
}
