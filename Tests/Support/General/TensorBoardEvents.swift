import Foundation

/// What TensorBoard itself finds in the event files of a folder (`Tests/ReferenceValues/read_events.py`).
package struct TensorBoardEvents {
    package struct Histogram {
        package let step: Int
        /// The left and right edge and the count of each bucket.
        package let buckets: [[Double]]
    }

    package struct Picture {
        package let step: Int
        package let width: Int
        package let height: Int
        /// Pillow's name of the channels: L is grey.
        package let mode: String
        package let pixels: [Int]
    }

    /// A Python that has tensorboard and Pillow.
    package static let python = Python(having: "tensorboard", "PIL")

    /// Step and value by tag.
    package let scalars: [String: [[Double]]]
    package let histograms: [String: [Histogram]]
    package let images: [String: [Picture]]
    /// Markdown by tag: the latest.
    package let texts: [String: String]
    /// The settings that the page of hyper-parameters lists, numbers as their texts.
    package let settings: [String: String]
    /// Whether that page says that the run has ended well.
    package let isFinished: Bool

    package init(in folder: String) throws {
        guard let python = Self.python else { throw ProgramFailure(description: "no Python has tensorboard") }
        let found = try JSONDecoder().decode(
            Found.self, from: Data(python.output(ofScript: "read_events.py", [folder]).utf8))
        (scalars, histograms, images) = (found.scalars, found.histograms, found.images)
        texts = found.texts.compactMapValues(\.last?.text)
        settings = found.settings.mapValues(\.text)
        isFinished = found.finished
    }

    private struct Text: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            _ = try values.decode(Int.self)
            text = try values.decode(String.self)
        }
    }

    private struct Setting: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            text = try (try? value.decode(Double.self)).map { "\($0)" } ?? value.decode(String.self)
        }
    }

    private struct Found: Decodable {
        let scalars: [String: [[Double]]]
        let histograms: [String: [Histogram]]
        let images: [String: [Picture]]
        let texts: [String: [Text]]
        let settings: [String: Setting]
        let finished: Bool
    }
}

// The script prints lists without names.
extension TensorBoardEvents.Histogram: Decodable {
    package init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        step = try values.decode(Int.self)
        buckets = try values.decode([[Double]].self)
    }
}

extension TensorBoardEvents.Picture: Decodable {
    package init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        step = try values.decode(Int.self)
        width = try values.decode(Int.self)
        height = try values.decode(Int.self)
        mode = try values.decode(String.self)
        pixels = try values.decode([Int].self)
    }
}
