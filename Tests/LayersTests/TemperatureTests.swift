import Layers
import TestSupport
import Testing

/// `Tests/ReferenceValues/make_decision_reference.py` minimises the cross-entropy with scipy.
@Suite struct TemperatureTests {
    private struct Reference: Decodable {
        struct Calibration: Decodable {
            let labels: [Int]
            let logits: [Float]
            let softmax: Double
            let sigmoid: Double
        }
        let calibrations: [Calibration]
    }

    private func calibrations() throws -> [Reference.Calibration] {
        try ReferenceValues.json(Reference.self, "decisions/decisions").calibrations
    }

    /// scipy looks at values, which are flat at the minimum: half of the digits of double precision are what it can
    /// find.
    @Test func theTemperatureIsWhereTheCrossEntropyIsLeast() throws {
        for reference in try calibrations() {
            let softmax = Temperature.fitted(
                .softmaxCrossEntropy, logits: reference.logits, outputs: 2, labels: reference.labels)
            #expect(abs(softmax / reference.softmax - 1) < 1e-6)
            let second = stride(from: 1, to: reference.logits.count, by: 2).map { reference.logits[$0] }
            let sigmoid = Temperature.fitted(
                .sigmoidCrossEntropy, logits: second, outputs: 1, labels: reference.labels)
            #expect(abs(sigmoid / reference.sigmoid - 1) < 1e-6)
        }
    }

    private struct ClassReference: Decodable {
        let classes: Int
        let labels: [Int]
        let logits: [Float]
        let temperature: Double
    }

    /// `Tests/ReferenceValues/make_class_metrics_reference.py` minimises with scipy, as well as that can.
    @Test func theTemperatureOfSeveralClassesIsWhereTheCrossEntropyIsLeast() throws {
        for reference in try ReferenceValues.json([ClassReference].self, "class_metrics/temperatures") {
            let fitted = Temperature.fitted(
                .softmaxCrossEntropy, logits: reference.logits, outputs: reference.classes, labels: reference.labels)
            #expect(abs(fitted / reference.temperature - 1) < 1e-6)
            // What is added to all logits of a sample says nothing.
            let moved = reference.logits.enumerated().map { $1 + Float($0 / reference.classes % 3) * 8 }
            let again = Temperature.fitted(
                .softmaxCrossEntropy, logits: moved, outputs: reference.classes, labels: reference.labels)
            #expect(abs(again / fitted - 1) < 1e-5)
        }
    }

    @Test func severalClassesHaveTemperaturesWithinTheRange() {
        for logits in [[0, 0, 0], [1e6, 0, 0], [0, 1e6, 0]] as [[Float]] {
            let temperature = Temperature.fitted(
                .softmaxCrossEntropy, logits: logits + logits, outputs: 3, labels: [0, 0])
            #expect(temperature >= 0.999 * Temperature.range.lowerBound)
            #expect(temperature <= 1.001 * Temperature.range.upperBound)
            if logits[1] > 0 { #expect(temperature > 0.999 * Temperature.range.upperBound) }
        }
    }

    @Test func dividingByTheTemperatureLeavesNothingToDivide() throws {
        let reference = try calibrations()[0]
        let divided = reference.logits.map { $0 / Float(reference.softmax) }
        let again = Temperature.fitted(.softmaxCrossEntropy, logits: divided, outputs: 2, labels: reference.labels)
        #expect(abs(again - 1) < 1e-6)
    }

    @Test func logitsThatSayNothingOrEverythingHaveATemperature() {
        let blind = Temperature.fitted(.sigmoidCrossEntropy, logits: [0, 0, 0], outputs: 1, labels: [0, 1, 1])
        let sure = Temperature.fitted(.sigmoidCrossEntropy, logits: [-1e6, 1e6, 1e6], outputs: 1, labels: [0, 1, 1])
        let wrong = Temperature.fitted(.sigmoidCrossEntropy, logits: [4, -4, -4], outputs: 1, labels: [0, 1, 1])
        for temperature in [blind, sure, wrong] {
            #expect(temperature >= 0.999 * Temperature.range.lowerBound)
            #expect(temperature <= 1.001 * Temperature.range.upperBound)
        }
        // Who is sure and wrong is best made unsure.
        #expect(wrong > 0.999 * Temperature.range.upperBound)
    }
}
