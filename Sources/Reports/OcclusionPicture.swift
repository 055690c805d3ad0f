import Faults
import Figures
import Files
import Metrics

/// A stamp beside its occlusion map, as one file.
public struct OcclusionPicture: Sendable {
    /// What stands above the map on one line.
    private static let longestTitle = 60

    private let title: String
    private let className: String
    private let isSource: Bool
    private let stamp: StampPicture
    private let map: [Float]

    /// - Parameters:
    ///   - title: the picture's heading.
    ///   - className: of the class whose loss the map shows.
    ///   - classNames: of all classes.
    ///   - map: of the stamp's height and width, row by row.
    public init(title: String, className: String, of classNames: [String], stamp: StampPicture, map: [Float]) {
        let usual = ClassificationMetrics.noiseAndSource
        isSource = classNames == usual && className == usual[1]
        self.title = title.printable.shortened(to: Self.longestTitle)
        (self.className, self.stamp, self.map) = (className.printable, stamp, map)
    }

    /// Where a picture goes.
    ///
    /// - Throws: `Fault` when the name ends in neither `.svg` nor `.png`, and as `OutputFile` does.
    public static func output(_ path: String, inputs: [String]) throws -> OutputFile {
        guard path.hasSuffix(".svg") || path.hasSuffix(".png") else {
            throw Fault(
                .usage, "--figure \(path)", "is neither a .svg nor a .png file", remedy: "give, for instance, map.svg")
        }
        return try OutputFile(path, option: "--figure", inputs: inputs, kind: kind)
    }

    /// Recognised by the title of the vector drawing, or by the note in the pixels.
    private static let kind = OutputFile.Kind("an occlusion picture") { path in
        !OutputFile.beginning(of: path).ranges(of: Array(note.utf8)).isEmpty
    }

    /// Draws the picture in a folder of its own beside the output, and copies it there.
    ///
    /// - Throws: `Fault` for a stamp that cannot be normalised, when it could not be drawn, or not be written.
    public func write(to output: OutputFile, gnuplot: Gnuplot) throws {
        let path = output.path
        guard stamp.values.allSatisfy(\.isFinite), map.contains(where: \.isFinite) else {
            throw Fault(
                .badData, path, "there is nothing to draw: the stamp cannot be normalised", remedy: "choose another")
        }
        let figure = HeatMapFigure(
            name: "occlusion", title: title,
            description: isSource
                ? "The stamp, and how probable noise becomes when what lies around a pixel is covered."
                : "The stamp, and how improbable \(className) becomes when what lies around a pixel is covered.",
            quantity: "1 − probability of \(isSource ? "a source" : className)", stamp: stamp, heatMap: map)
        let isVector = path.hasSuffix(".svg")
        let drawn = try FigureFolder.passing(beside: path, [figure.plot], with: gnuplot) { figures, warnings in
            if let warning = warnings.first { throw warning }
            return try (isVector ? figures[0].svg : figures[0].png).map { try FileAccess.read($0) } ?? []
        }
        if isVector {
            try output.write(String(decoding: drawn, as: UTF8.self))
        } else {
            let file = try output.open()
            try Self.withNote(drawn).withUnsafeBytes { try file.write($0) }
            try file.commit()
        }
    }

    private static let note = "Occlusion map of stamp"

    /// A PNG picture with a title in its metadata: a tEXt chunk behind the header (PNG specification, 11.3.4.3).
    private static func withNote(_ png: [UInt8]) -> [UInt8] {
        let afterHeader = 8 + 12 + 13
        guard png.count > afterHeader else { return png }
        return png[..<afterHeader] + PNGChunk.bytes("tEXt", Array("Title\0\(note)".utf8)) + png[afterHeader...]
    }
}
