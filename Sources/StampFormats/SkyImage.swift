import Faults

/// An image of any size: a survey's own, or that of a point-spread function.
public struct SkyImage: Sendable {
    /// The file, as it was named.
    public let path: String
    /// Rows; the first is the first in the file, as in astropy's arrays.
    public let height: Int
    public let width: Int
    /// (height, width), row by row; NaN where the image has no value.
    public let pixels: [Float]

    /// Reads the only image of a FITS file (`FILE.fits:NAME` of several), or an array of two axes in a `.npy`, `.npz` or
    /// HDF5 file.
    ///
    /// - Throws: a `missingInput` fault when the file is missing, `badData` when it is damaged, holds no image or several;
    ///   `usage` for a FITS or HDF5 file in a build without support for it.
    public init(contentsOf path: String) throws {
        let stamps = try StampArray.opening(image: path)
        guard stamps.count == 1, stamps.channels == 1 else {
            throw Fault(
                .badData, path, "holds \(stamps.count) images with \(stamps.channels) channels, not one image",
                remedy: "name the file of one image, or FILE.fits:NAME")
        }
        self.path = path
        (height, width) = (stamps.height, stamps.width)
        var values = [Double](repeating: 0, count: height * width)
        try values.withUnsafeMutableBufferPointer { try stamps.copyStamp(0, into: $0.baseAddress!) }
        pixels = values.map(Float.init)
    }
}
