import Faults
import FoundationEssentials
import Preparation
import Testing

/// What is told of a preparation, on the command line and in files, says what it is.
@Suite struct StampPreparationTests {
    static let samples: [StampPreparation] = [
        StampPreparation(.notebook), StampPreparation(.none, scope: .stamp), StampPreparation(.l2),
        StampPreparation(.percentile(PercentileRange(low: 0.5, high: 99)!), fill: .median, maskChannel: true),
        StampPreparation(.scale(LinearScaling(zero: -1.5, unit: 0.1)!), crop: StampExtent(height: 21, width: 25)),
        StampPreparation(
            .standard(StandardScaling(means: [0.1, 2e300], deviations: [1 / 3, 5])!),
            channels: ChannelSelection(["2", "SCI"]), fill: .zero,
            pad: StampExtent(height: 32, width: 32)),
    ]

    @Test(arguments: samples) func modelFilesTellItWholly(_ preparation: StampPreparation) throws {
        #expect(try StampPreparation(metadata: preparation.metadata, from: "model") == preparation)
        let json = try JSONEncoder().encode(preparation)
        #expect(try JSONDecoder().decode(StampPreparation.self, from: json) == preparation)
    }

    @Test(arguments: Normalization.named) func aNameIsAllWhereNothingElseIsDone(_ normalization: Normalization) throws {
        let preparation = StampPreparation(normalization)
        #expect(preparation.metadata == ["normalize": "\(normalization)"])
        #expect(try String(decoding: JSONEncoder().encode(normalization), as: UTF8.self) == "\"\(normalization)\"")
    }

    @Test func aModelThatTellsNothingWantsTheNotebooksNormalization() throws {
        #expect(try StampPreparation(metadata: [:], from: "model") == StampPreparation(.notebook))
    }

    @Test(arguments: [
        "{}", "[", #"{"normalize": "of the future"}"#, #"{"normalize": "standard"}"#,
        #"{"normalize": {"scale": {"zero": 0, "unit": 0}}}"#,
        #"{"normalize": {"percentile": {"low": 9, "high": 9}}}"#,
        #"{"normalize": {"standard": {"means": [1, 2], "deviations": [1]}}}"#,
        #"{"normalize": {"standard": {"means": [], "deviations": []}}}"#,
        #"{"normalize": {"standard": {"means": [1], "deviations": [-1]}}}"#,
        #"{"normalize": "mean", "crop": [0, 5]}"#, #"{"normalize": "mean", "pad": [99999999, 5]}"#,
        #"{"normalize": "mean", "crop": [5]}"#, #"{"normalize": "mean", "channels": []}"#,
        #"{"normalize": "mean", "channels": ["0", "0"]}"#, #"{"normalize": "mean", "channels": [""]}"#,
        #"{"normalize": "mean", "fill": "seven"}"#, #"{"normalize": "mean", "normalize_over": "row"}"#,
        String(repeating: "[", count: 100_000),
    ])
    func whatIsNoPreparationIsRefused(_ json: String) {
        #expect(throws: Fault.self) { try StampPreparation(metadata: ["preparation": json], from: "model") }
    }

    @Test func anUnknownNormalizationIsRefused() {
        #expect(throws: Fault.self) { try StampPreparation(metadata: ["normalize": "of the future"], from: "model") }
    }

    @Test(
        arguments: Normalization.named + [
            .standard(nil), .percentile(PercentileRange(low: 1, high: 99.5)!),
            .scale(LinearScaling(zero: 0, unit: 255)!),
        ])
    func normalizationsAreReadAsTheyAreWritten(_ normalization: Normalization) throws {
        #expect(try Normalization(option: "\(normalization)") == normalization)
    }

    @Test(arguments: [
        "", "note", "Mean", "mean=1", "percentile", "percentile=1", "percentile=1,2,3", "percentile=5,1",
        "percentile=1,1", "percentile=-1,50", "percentile=1,101", "percentile=a,b", "percentile=nan,5", "scale",
        "scale=1", "scale=1,0", "scale=inf,1", "scale=1,nan", "standard=1,2", "l2=",
    ])
    func whatIsNoNormalizationIsRefused(_ text: String) {
        let fault = #expect(throws: Fault.self) { try Normalization(option: text) }
        #expect(fault?.kind == .usage && fault?.subject == "--normalize \(text)")
    }

    @Test func sizesAreReadAsTheyAreWritten() throws {
        for (text, height, width) in [("21", 21, 21), ("21x25", 21, 25), ("1X32768", 1, 32768)] {
            let extent = try StampExtent(option: text, of: "--crop")
            #expect(extent == StampExtent(height: height, width: width))
            #expect(try StampExtent(option: "\(extent)", of: "--crop") == extent)
        }
        for text in ["", "0", "-3", "x", "5x", "x5", "5x5x5", "5.0", "32769", "a"] {
            let fault = #expect(throws: Fault.self) { try StampExtent(option: text, of: "--pad") }
            #expect(fault?.kind == .usage && fault?.subject == "--pad \(text)")
        }
    }

    @Test func anotherNormalizationForgetsNothingThatIsTheSame() {
        let measured = StampPreparation(.standard(StandardScaling(means: [1], deviations: [2])!), fill: .zero)
        #expect(measured.normalized(by: nil) == measured)
        #expect(measured.normalized(by: .standard(nil)) == measured)
        #expect(measured.normalized(by: .l2) == StampPreparation(.l2, fill: .zero))
        #expect(StampPreparation(.l2).normalized(by: .standard(nil)).normalization.isUnmeasured)
    }
}
