import Files
import StampData
import StampFormats

extension OutputFile.Kind {
    /// (N, K) probabilities of K outputs.
    static let probabilities = OutputFile.Kind("an array of probabilities") { path in
        holdsShares(path) { $0.count == 2 && $0[1] <= StampClasses.most }
    }

    /// Occlusion maps: (N, height, width), or (height, width) of one stamp.
    static let occlusionMaps = OutputFile.Kind("an array of occlusion maps") { path in
        holdsShares(path) { $0.count == 2 || $0.count == 3 }
    }

    /// (N, …) outputs of a layer; never stamps, which may have the same shape.
    ///
    /// - Parameters:
    ///   - shape: of one stamp's output.
    ///   - stamps: of one stamp.
    static func layerOutputs(of shape: [Int], stamps: [Int]) -> OutputFile.Kind {
        OutputFile.Kind("an array of this layer's outputs") { path in
            guard shape != stamps, let array = try? NumericArray(contentsOf: path) else { return false }
            return array.elementType == ElementType(.float32) && !array.isFortranOrder
                && Array(array.shape.dropFirst()) == shape
        }
    }

    /// Whether a file holds single-precision numbers of such a shape, all from 0 to 1 or not a number.
    private static func holdsShares(_ path: String, _ isShape: ([Int]) -> Bool) -> Bool {
        guard let array = try? NumericArray(contentsOf: path), array.elementType == ElementType(.float32),
            !array.isFortranOrder, isShape(array.shape)
        else { return false }
        let block = 1 << 16
        return
            (try? withUnsafeTemporaryAllocation(of: Double.self, capacity: block) { values in
                for start in stride(from: 0, to: array.count, by: block) {
                    let range = start..<min(start + block, array.count)
                    try array.copy(range, into: values)
                    guard values[..<range.count].allSatisfy({ $0.isNaN || (0...1).contains($0) }) else { return false }
                }
                return true
            }) ?? false
    }
}
