import Faults
import Files
import FoundationEssentials
import RunRecords
import TestSupport
import Testing

@Suite struct HistoryTests {
    private func row(_ epoch: Int, validated: Bool = true) -> HistoryRow {
        HistoryRow(
            epoch: epoch, loss: 0.1 + 0.2, accuracy: 1 / 3, validationLoss: validated ? 1e-9 : nil,
            validationAccuracy: validated ? 1 : nil, learningRate: 0.01, seconds: 3.25, samplesPerSecond: 14034.5)
    }

    @Test func rowsAreWrittenAsTheShortestTextThatReadsBack() throws {
        try withTemporaryFolder { base in
            var history = History(path: "\(base)/history.csv")
            history.append(row(1))
            history.append(row(2, validated: false))
            try history.write()
            #expect(
                try text(history.path) == """
                    epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second
                    1,0.30000000000000004,0.3333333333333333,1e-09,1.0,0.01,3.25,14034.5
                    2,0.30000000000000004,0.3333333333333333,,,0.01,3.25,14034.5

                    """)
            #expect(try History.read(history.path).rows == history.rows)
            #expect(try names(in: base) == ["history.csv"])
        }
    }

    /// Only runs that watch a measurement have its column: the others' files are what they were.
    @Test func aWatchedMeasurementHasAColumnOfItsOwn() throws {
        try withTemporaryFolder { base in
            for (area, precision, column) in [
                (0.75, nil, "val_roc_auc"), (nil, 0.875, "val_average_precision"),
            ] as [(Double?, Double?, String)] {
                var history = History(path: "\(base)/history.csv")
                for epoch in 1...2 {
                    var row = row(epoch)
                    row.validationROCArea = area
                    row.validationAveragePrecision = precision
                    history.append(row)
                }
                try history.write()
                #expect(
                    try text(history.path).hasPrefix(
                        "epoch,loss,accuracy,val_loss,val_accuracy,\(column),learning_rate,seconds,samples_per_second\n"
                            + "1,0.30000000000000004,0.3333333333333333,1e-09,1.0,\(area ?? precision!),0.01,3.25,"))
                #expect(try History.read(history.path).rows == history.rows)
            }
        }
    }

    @Test func aWatchedMeasurementThatIsNoNumberIsReadBack() throws {
        try withTemporaryFolder { base in
            var history = History(path: "\(base)/history.csv"), row = row(1)
            row.validationROCArea = .nan
            history.append(row)
            try history.write()
            #expect(try History.read(history.path).rows[0].validationROCArea?.isNaN == true)
        }
    }

    @Test(arguments: [
        "epoch,loss,accuracy,val_loss,val_accuracy,val_f1,learning_rate,seconds,samples_per_second\n",
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second,val_roc_auc\n",
        "epoch,loss,accuracy,val_loss,val_accuracy,val_roc_auc,val_roc_auc,learning_rate,seconds,samples_per_second\n",
        "epoch,loss,accuracy,val_loss,val_accuracy,val_roc_auc,learning_rate,seconds,samples_per_second\n1,0,0,0,0,1,0,0",
        "epoch,loss,accuracy,val_loss,val_accuracy,val_roc_auc,learning_rate,seconds,samples_per_second\n1,0,0,0,0,x,1,0,0",
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second\n1,0,0,0,0,1,1,0,0",
    ])
    func columnsThatNoRunHasAreRefused(text: String) throws {
        try withTemporaryFolder { base in
            let path = "\(base)/history.csv"
            try AtomicFile.write(text, to: path)
            expectFault(.badData, path, saying: text.hasSuffix("\n") ? "line 1" : "line 2") {
                _ = try History.read(path)
            }
        }
    }

    @Test func aDivergedLossIsReadBack() throws {
        try withTemporaryFolder { base in
            var history = History(path: "\(base)/history.csv")
            var diverged = row(1)
            diverged.loss = .nan
            diverged.validationLoss = .infinity
            history.append(diverged)
            try history.write()
            let read = try History.read(history.path).rows[0]
            #expect(read.loss.isNaN && read.validationLoss == .infinity)
        }
    }

    @Test func whatCouldNotBeWrittenIsWrittenWithTheNextRow() throws {
        try withTemporaryFolder { base in
            var history = History(path: "\(base)/late/history.csv")
            history.append(row(1))
            #expect(throws: Fault.self) { try history.write() }
            try FileManager.default.createDirectory(atPath: "\(base)/late", withIntermediateDirectories: true)
            history.append(row(2))
            try history.write()
            #expect(try History.read(history.path).rows.map(\.epoch) == [1, 2])
        }
    }

    @Test(arguments: ["", "1,2,3,4,5,6,7", "1,a,0,0,0,0,0,0", "1,0,0,x,0,0,0,0", "0,0,0,0,0,0,0,0"])
    func aDamagedHistoryIsRefusedWithItsLine(line: String) throws {
        try withTemporaryFolder { base in
            let path = "\(base)/history.csv"
            let header = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second\n"
            try AtomicFile.write(line.isEmpty ? "" : header + line + "\n", to: path)
            let fault = #expect(throws: Fault.self) { try History.read(path) }
            #expect(fault?.kind == .badData)
            #expect(fault?.problem.contains(line.isEmpty ? "line 1" : "line 2") == true)
        }
    }
}
