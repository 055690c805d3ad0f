import Faults
import Preparation

/// Where the values of a stamp lie in its file, between its channels' planes, and in a network's input.
struct PlaneLayout: Hashable, Sendable {
    /// Of the file: height, width, and channels, which follow one another in each pixel.
    let fileHeight: Int
    let fileWidth: Int
    let fileChannels: Int
    /// The file's channels that are taken.
    let channels: [Int]
    /// Of the planes: where they begin in the file's stamp, and how large they are.
    let top: Int
    let left: Int
    let height: Int
    let width: Int
    /// Of the input: its size, and where the planes begin in it.
    let inputHeight: Int
    let inputWidth: Int
    let inputTop: Int
    let inputLeft: Int
    let hasMask: Bool

    /// - Throws: `Fault(.usage)` for channels that the file does not have, a crop larger than its stamps, and a pad
    ///   smaller than what is left.
    init(height: Int, width: Int, channelNames names: [String], _ preparation: StampPreparation) throws {
        (fileHeight, fileWidth, fileChannels) = (height, width, names.count)
        channels = try preparation.channels?.numbers(among: names) ?? Array(names.indices)
        let size = "\(height)×\(width)"
        (self.height, self.width) = (preparation.crop?.height ?? height, preparation.crop?.width ?? width)
        guard self.height <= height, self.width <= width else {
            throw Fault(
                .usage, "--crop \(preparation.crop!)", "is larger than the stamps, which are \(size)",
                remedy: "crop to at most \(height)x\(width), or put zeros around with --pad")
        }
        (inputHeight, inputWidth) = (preparation.pad?.height ?? self.height, preparation.pad?.width ?? self.width)
        guard self.height <= inputHeight, self.width <= inputWidth else {
            let cropped = preparation.crop == nil ? "" : " after --crop"
            throw Fault(
                .usage, "--pad \(preparation.pad!)",
                "is smaller than the stamps, which are \(self.height)×\(self.width)\(cropped)",
                remedy: "pad to at least \(self.height)x\(self.width), or take the middle with --crop")
        }
        (top, left) = ((height - self.height) / 2, (width - self.width) / 2)
        (inputTop, inputLeft) = ((inputHeight - self.height) / 2, (inputWidth - self.width) / 2)
        hasMask = preparation.maskChannel
    }

    /// Pixels of a plane.
    var pixels: Int { height * width }
    /// Planes that are normalised, and the mask.
    var planes: Int { channels.count + (hasMask ? 1 : 0) }
    /// Values of all planes.
    var planeValues: Int { planes * pixels }
    /// Values of a network's input.
    var inputValues: Int { inputHeight * inputWidth * planes }
    /// Whether a file's stamp is its only plane.
    var fileIsPlane: Bool { fileChannels == 1 && (height, width) == (fileHeight, fileWidth) }
    /// Whether the only plane is the network's input.
    var planeIsInput: Bool { planes == 1 && (height, width) == (inputHeight, inputWidth) }
}
