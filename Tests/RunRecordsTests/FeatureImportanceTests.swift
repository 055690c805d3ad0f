import Faults
import Files
import RunRecords
import TestSupport
import Testing

@Suite struct FeatureImportanceTests {
    @Test func whatIsWrittenIsRead() throws {
        let folder = try TemporaryFolder()
        let rows = [
            FeatureImportance(feature: "g, r", lossIncrease: 0.1, accuracyDrop: -1.0 / 3, rocAreaDrop: nil),
            FeatureImportance(feature: "\"x\"", lossIncrease: -1e-9, accuracyDrop: 0, rocAreaDrop: 0.25),
        ]
        try FeatureImportance.write(rows, to: folder.path("f.csv"))
        #expect(try FeatureImportance.read(folder.path("f.csv")) == rows)
    }

    @Test(arguments: [
        "feature,loss_increase\na,1\n", "", "feature,loss_increase,accuracy_drop,roc_area_drop\na,x,1,\n",
    ])
    func damagedFilesAreRefused(_ text: String) throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write(text, to: folder.path("f.csv"))
        expectFault(.badData, folder.path("f.csv"), saying: "f.csv") {
            _ = try FeatureImportance.read(folder.path("f.csv"))
        }
    }
}
