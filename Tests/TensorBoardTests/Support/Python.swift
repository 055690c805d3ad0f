import Foundation
import TestSupport

/// A Python that has tensorboard and Pillow, and what TensorBoard reads from a folder of event files.
enum Python {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What `read_events.py` prints.
    struct Events {
        var scalars: [String: [[Double]]] = [:]
        /// For each tag and step, the left and right edge and the count of each bucket.
        var histograms: [String: [(step: Int, buckets: [[Double]])]] = [:]
        var images: [String: [(step: Int, width: Int, height: Int, mode: String, pixels: [Int])]] = [:]
    }

    /// The interpreter that `SWIFT_RUN_TRAINER_PYTHON` names, else `python3`; nil when it cannot import tensorboard.
    static let withTensorBoard: String? = {
        let interpreter = ProcessInfo.processInfo.environment["SWIFT_RUN_TRAINER_PYTHON"] ?? "python3"
        return (try? run(interpreter, ["-c", "import tensorboard, PIL"])) != nil ? interpreter : nil
    }()

    /// What TensorBoard finds in the event files of `folder`.
    static func events(in folder: URL) throws -> Events {
        guard let interpreter = withTensorBoard else { throw Failure(description: "no Python has tensorboard") }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("ReferenceValues/read_events.py")
        let json = try JSONSerialization.jsonObject(with: run(interpreter, [script.path, folder.path]))
        guard let found = json as? [String: [String: [[Any]]]] else { throw Failure(description: "not that JSON") }
        var events = Events()
        events.scalars = (found["scalars"] ?? [:]).mapValues { steps in
            steps.map { $0.compactMap { ($0 as? NSNumber)?.doubleValue } }
        }
        events.histograms = (found["histograms"] ?? [:]).mapValues { steps in
            steps.compactMap { step in
                guard let number = step[0] as? Int, let buckets = step[1] as? [[Double]] else { return nil }
                return (number, buckets)
            }
        }
        events.images = (found["images"] ?? [:]).mapValues { steps in
            steps.compactMap { step in
                guard let number = step[0] as? Int, let width = step[1] as? Int, let height = step[2] as? Int,
                    let mode = step[3] as? String, let pixels = step[4] as? [Int]
                else { return nil }
                return (number, width, height, mode, pixels)
            }
        }
        return events
    }

    @discardableResult
    private static func run(_ interpreter: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [interpreter] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(interpreter) failed (\(process.terminationStatus))")
        }
        return printed
    }
}

/// A folder that is there while `body` runs.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("events-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
