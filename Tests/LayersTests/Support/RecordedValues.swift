import Files
import FoundationEssentials

/// What layers computed beside reference values, for `Tests/ReferenceValues/compare_layers.py`: little-endian float32 in
/// the folder that the environment names, `FILE/CASE/TENSOR`, when it names one.
enum RecordedValues {
    private static let folder = ProcessInfo.processInfo.environment["LAYER_VALUES"]

    /// Writes one tensor.
    ///
    /// - Parameters:
    ///   - file: the name of the reference values' file.
    ///   - tensor: its name there, in which slashes become dots.
    static func record(_ values: [Float], file: String, name: String, tensor: String) throws {
        guard let folder else { return }
        let place = "\(folder)/\(file)/\(name)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let bytes = values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) } }
        try Data(bytes).write(to: URL(filePath: "\(place)/\(tensor.replacing("/", with: "."))"))
    }
}
