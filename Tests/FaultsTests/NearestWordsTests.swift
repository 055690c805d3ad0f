import Faults
import Testing

@Suite struct NearestWordsTests {
    private let options = [
        "--model", "--learning-rate", "--label-smoothing", "--batch-size", "--epochs", "--split", "--split-seed",
        "--schedule", "--schedule-every", "--schedule-factor", "--threads", "--early-stopping", "--augment", "--ema",
        "--augment-shift", "--weight-decay", "--loss", "--labels", "--classes", "--class", "--memory", "--optimizer",
    ]

    @Test(arguments: [
        ("--modle", ["--model"]), ("--modell", ["--model"]), ("--lr", ["--learning-rate"]), ("--bs", ["--batch-size"]),
        ("--batch_size", ["--batch-size"]), ("--batchsize", ["--batch-size"]), ("--epoch", ["--epochs"]),
        ("--EPOCHS", ["--epochs"]), ("--num-epochs", ["--epochs"]), ("--optimiser", ["--optimizer"]),
        ("--learn", ["--learning-rate"]), ("--decay", ["--weight-decay"]), ("--validation-split", ["--split"]),
        ("--sched", ["--schedule"]), ("--schedule-evry", ["--schedule-every"]), ("--zzz", []), ("--", []),
        ("--gpu", []), ("--x", []),
    ])
    func theNearestAreNamed(_ typed: String, _ nearest: [String]) {
        #expect(NearestWords.of(typed, in: options) == nearest)
    }

    @Test(arguments: [("trian", "train"), ("Train", "train"), ("evalute", "evaluate"), ("sumary", "summary")])
    func commandsAreFound(_ typed: String, _ command: String) {
        #expect(NearestWords.of(typed, in: ["train", "predict", "evaluate", "summary", "tune"]) == [command])
    }

    /// Values of the definition: one edit each, and a neighbour's exchange is one.
    @Test func theDistanceCountsEdits() {
        for (a, b, edits) in [
            ("", "", 0), ("abc", "abc", 0), ("", "abc", 3), ("ab", "ba", 1), ("abcd", "acbd", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3), ("model", "modle", 1),
        ] { #expect(NearestWords.distance(a, b) == edits && NearestWords.distance(b, a) == edits, "\(a) \(b)") }
    }
}
