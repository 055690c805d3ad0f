import Foundation
import StampFormats
import TestSupport
import Testing

/// Stamps that all tests share: simulated once by the program itself, and gone when the tests end.
struct Survey {
    /// Stamps of each class.
    static let count = 500
    static let pixels = 21 * 21

    let folder: String
    var noise: String { "\(folder)/stamps_noise.npy" }
    var sources: String { "\(folder)/stamps_sources.npy" }
    /// For each stamp the number of an object, of which there are a hundred, and a weight.
    var table: String { "\(folder)/table.csv" }
    /// `stamps_noise.npy` with two stamps that cannot be used: number 7 is constant, number 100 has a NaN pixel.
    var damagedNoise: String { "\(folder)/damaged.npy" }

    static func shared() throws -> Survey { try made.get() }

    /// The stamps of 25×25 pixels.
    static func large() throws -> Survey { try madeLarge.get() }

    /// A run of vgg6 on these stamps that many tests look at.
    func run() throws -> String { try Self.madeRun.get() }

    /// The same in four epochs instead of two.
    func longRun() throws -> String { try Self.madeLongRun.get() }

    static let recipe =
        "--recipe notebook --model vgg6 --optimizer adam --learning-rate 0.001 --normalize mean --batch-size 64 "
        + "--microbatch 8"

    /// The smallest network, with the settings that have no schedule and change no stamp.
    static let plain = "--recipe notebook --model simple"

    private static let workspace: String = {
        atexit { try? FileManager.default.removeItem(atPath: Survey.workspace) }
        return FileManager.default.temporaryDirectory.appendingPathComponent("survey-\(UUID().uuidString)").path
    }()

    private static let made = Result { () throws -> Survey in
        let survey = Survey(folder: "\(workspace)/data")
        try trained("simulate --output \(survey.folder) --sources \(count) --noise \(count) --seed 1")
        var (values, shape) = try numbers(survey.noise)
        for pixel in 7 * pixels..<8 * pixels { values[pixel] = 3 }
        values[100 * pixels + 44] = .nan
        try NpyFile.write(floats: values, shape: shape, to: survey.damagedNoise)
        let rows = (0..<2 * count).map { "\($0 * 37 % 100),\(Float($0 % 5) / 2)\n" }
        try "object,weight\n\(rows.joined())".write(toFile: survey.table, atomically: true, encoding: .utf8)
        return survey
    }

    private static let madeLarge = Result { () throws -> Survey in
        let survey = Survey(folder: "\(workspace)/large")
        try trained("simulate --output \(survey.folder) --sources 100 --noise 100 --size 25")
        return survey
    }

    private static let madeRun = Result { try train("run", epochs: 2) }
    private static let madeLongRun = Result { try train("long-run", epochs: 4) }

    private static func train(_ name: String, epochs: Int) throws -> String {
        let run = "\(workspace)/\(name)"
        try trained(
            "train --data \(try shared().folder) \(recipe) --epochs \(epochs) --threads 1 --output \(run)",
            reporting: true)
        return run
    }
}
