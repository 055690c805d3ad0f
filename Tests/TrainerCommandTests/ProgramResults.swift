import Foundation
import StampFormats
import TestSupport

func json(_ text: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
}

/// The numbers of a `.npy` file, and its shape.
func numbers(_ path: String) throws -> (values: [Float], shape: [Int]) {
    let array = try NumericArray(contentsOf: path)
    return (try array.values.map { Float($0) }, array.shape)
}

/// The folder of models that Keras itself saved.
let kerasArchives = ReferenceValues.path("keras_archives")

/// Whether the program is built with the package trait `Keras`, as the tests are.
var supportsKeras: Bool {
    #if Keras
        true
    #else
        false
    #endif
}
