import Faults
import Figures
import Files
import Glibc

/// A stamp beside its occlusion map, as one file.
public struct OcclusionPicture: Sendable {
    private let title: String
    private let height: Int
    private let width: Int
    private let stamp: [Float]
    private let map: [Float]

    /// - Parameters:
    ///   - title: the picture's heading.
    ///   - stamp, map: height × width pixels, row by row.
    public init(title: String, height: Int, width: Int, stamp: [Float], map: [Float]) {
        (self.title, self.height, self.width) = (title, height, width)
        (self.stamp, self.map) = (stamp, map)
    }

    /// Makes sure that a picture can be written under this name.
    ///
    /// - Throws: `Fault` when it ends in neither `.svg` nor `.png`, or its folder cannot be written.
    public static func check(_ path: String) throws {
        guard path.hasSuffix(".svg") || path.hasSuffix(".png") else {
            throw Fault(
                .usage, "--figure \(path)", "is neither a .svg nor a .png file", remedy: "give, for instance, map.svg")
        }
        _ = try AtomicFile(path)
    }

    /// Draws the picture in a folder of its own beside `path`, and moves it there.
    ///
    /// - Returns: warnings for the user if it could not be drawn.
    /// - Throws: `Fault(.cannotWrite)`.
    public func write(to path: String, gnuplot: Gnuplot) throws -> [Fault] {
        guard stamp.allSatisfy(\.isFinite), map.contains(where: \.isFinite) else {
            return [
                Fault(
                    .badData, path, "there is nothing to draw: the stamp cannot be normalised", remedy: "choose another"
                )
            ]
        }
        let folder = "\(FileAccess.split(path).folder)/.occlusion-\(getpid()).partial"
        defer {
            for name in (try? FileAccess.names(in: folder)) ?? [] { try? FileAccess.remove("\(folder)/\(name)") }
            rmdir(folder)
        }
        let figure = HeatMapFigure(
            name: "occlusion", title: title,
            description: "The stamp, and how probable noise becomes when what lies around a pixel is covered.",
            quantity: "1 − probability of a source", height: height, width: width, stamp: stamp, heatMap: map)
        let (figures, warnings) = try FigureFolder(folder).draw([figure.plot], with: gnuplot)
        if let drawn = path.hasSuffix(".svg") ? figures[0].svg : figures[0].png {
            try FileAccess.move(drawn, to: path)
        }
        return warnings
    }
}
