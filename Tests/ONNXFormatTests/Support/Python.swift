import Foundation
import TestSupport

/// A Python that has onnxruntime, and what it predicts.
enum Python {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The interpreter that `SWIFT_RUN_TRAINER_PYTHON` names, else `python3`; nil when it cannot import onnxruntime.
    static let withONNXRuntime: String? = {
        let interpreter = ProcessInfo.processInfo.environment["SWIFT_RUN_TRAINER_PYTHON"] ?? "python3"
        return (try? run(interpreter, ["-c", "import numpy, onnxruntime"])) != nil ? interpreter : nil
    }()

    /// What onnxruntime makes of stamps (N, height, width, channels).
    static func predict(model: String, stamps: [Float], in folder: URL) throws -> [Float] {
        guard let interpreter = withONNXRuntime else { throw Failure(description: "no Python has onnxruntime") }
        let input = folder.appendingPathComponent("stamps.f32")
        let output = folder.appendingPathComponent("probabilities.f32")
        try stamps.withUnsafeBytes { Data($0) }.write(to: input)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("ReferenceValues/predict_with_onnxruntime.py")
        try run(interpreter, [script.path, model, input.path, output.path])
        let bytes = try Data(contentsOf: output)
        return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    private static func run(_ interpreter: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [interpreter] + arguments
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(interpreter) failed (\(process.terminationStatus)): \(text)")
        }
    }
}
