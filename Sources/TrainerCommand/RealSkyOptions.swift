import ArgumentParser
import Faults
import StampSimulation

/// A survey's own sky, and its own point-spread function.
struct RealSkyOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Files of a survey's blank stamps (.npy, .npz, .fits or .h5), or quoted patterns: stamps are drawn on them \
            in place of a simulated sky. Those of even number serve sources, the others noise.
            """,
            valueName: "file"))
    var background: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Images of a survey (.fits, or arrays of two axes), or quoted patterns: stamps are drawn on tiles of them \
            that show no source at the centre. Needs --psf.
            """,
            valueName: "file"))
    var image: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            The point-spread function of all stamps: a file with its image, or the full width at half maximum in pixels.
            """,
            valueName: "file|fwhm"))
    var psf: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Share of the stamps of each class that are drawn on --background or --image, 0 to 1.", valueName: "share"))
    var backgroundShare: Float = 1

    /// The first of these options that was given.
    var firstOption: String? {
        if !background.isEmpty { return "--background" }
        if !image.isEmpty { return "--image" }
        return psf == nil ? nil : "--psf"
    }

    /// Gives settings the point-spread function.
    ///
    /// - Throws: a `usage` fault for options that exclude each other or need another, and as reading a file does.
    func set(_ settings: inout SimulationSettings, fwhm: String?) throws {
        guard background.isEmpty || image.isEmpty else {
            throw Fault(
                .usage, "--background", "and --image are two sources of the same", remedy: "leave out one of them")
        }
        guard image.isEmpty || psf != nil else {
            throw Fault(
                .usage, "--image \(image[0])", "needs the point-spread function to find its sources",
                remedy: "add --psf with a file or a width in pixels")
        }
        guard (0...1).contains(backgroundShare) else {
            throw Fault(
                .usage, "--background-share \(backgroundShare)", "must be from 0 to 1", remedy: "use, for instance, 0.5"
            )
        }
        guard let psf else { return }
        if let fwhm {
            throw Fault(.usage, "--fwhm \(fwhm)", "and --psf say the same", remedy: "leave out one of them")
        }
        guard let width = Float(psf) else {
            settings.pointSpread = try PointSpreadFunction(contentsOf: psf)
            return
        }
        guard (1...100).contains(width) else {
            throw Fault(.usage, "--psf \(psf)", "must be from 1 to 100 pixels wide", remedy: "use, for instance, 3.5")
        }
        settings.fullWidths = width...width
    }

    /// The real sky that the options name; nil if they name none.
    ///
    /// - Throws: as reading it does.
    func sky(size: Int, settings: SimulationSettings) throws -> RealSky? {
        if !background.isEmpty { return try RealSky(stamps: background, size: size, share: backgroundShare) }
        guard !image.isEmpty else { return nil }
        let width = settings.pointSpread?.fullWidthHalfMaximum ?? settings.fullWidths.upperBound
        return try RealSky(
            images: image, size: size, fullWidthHalfMaximum: width,
            clearRadius: max(settings.largestOffset + SimulationSettings.gap, 0.7 * width), share: backgroundShare)
    }
}
