import Faults
import Foundation
import TensorBoard
import TestSupport
import Testing

/// What needs no TensorBoard to be checked.
@Suite struct EventFileTests {
    /// `tensorboard.summary.writer.record_writer` frames the same data so: length 3, "abc".
    @Test func recordsHaveLengthDataAndTwoChecksums() {
        let record = TFRecord.framed(Array("abc".utf8))
        #expect(record.prefix(8) == [3, 0, 0, 0, 0, 0, 0, 0])
        #expect(record[12..<15] == Array("abc".utf8)[...])
        // CRC-32C of "abc" is 0x364B3FB7.
        let rotated = (0x364B_3FB7 as UInt32) >> 15 | (0x364B_3FB7 as UInt32) << 17
        let stored = record[15...].enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
        #expect(stored == rotated &+ 0xA282_EAD8)
    }

    @Test func laterFilesAreNamedAfterEarlierOnesAlsoWhenTheClockWasSetBack() throws {
        try withTemporaryFolder { folder in
            let names = try [1_700_000_000.5, 1_700_000_000.75, 5].map {
                URL(fileURLWithPath: try EventFile(in: folder, resumingAt: nil, wallTime: $0).path)
                    .lastPathComponent
            }
            #expect(names == names.sorted() && Set(names).count == 3)
            #expect(names[0].hasPrefix("events.out.tfevents.1700000000."))
        }
    }

    @Test(arguments: ["9223372036854775807", "99999999999999999999", "9999999999", "-1", "x"])
    func namesOfOtherFilesDoNoHarm(_ number: String) throws {
        try withTemporaryFolder { folder in
            try write([], to: "\(folder)/events.out.tfevents.\(number).host.1")
            let file = try EventFile(in: folder, resumingAt: nil, wallTime: 1_700_000_000)
            let name = URL(fileURLWithPath: file.path).lastPathComponent
            #expect(name.dropFirst("events.out.tfevents.".count).prefix { $0 != "." }.count == 10)
        }
    }

    @Test func whatCannotBeWrittenIsAFault() throws {
        #expect {
            try EventFile(in: "/nowhere/events", resumingAt: nil, wallTime: 0)
        } throws: {
            ($0 as? Fault)?.kind == .cannotWrite
        }
    }
}

/// What TensorBoard itself reads, where it is installed.
@Suite(.enabled(if: TensorBoardEvents.python != nil, "no Python has tensorboard and Pillow"))
struct TensorBoardReadingTests {
    @Test func scalarsArriveStepByStep() throws {
        try withTemporaryFolder { folder in
            let file = try EventFile(in: folder, resumingAt: nil, wallTime: 1000)
            try file.write([.scalar("train/loss", 0.75), .scalar("train/accuracy", 0.5)], step: 1, wallTime: 1001)
            try file.write((2...3).map { EventStep([.scalar("train/loss", 0.5)], step: $0, wallTime: 1002) })
            let scalars = try TensorBoardEvents(in: folder).scalars
            #expect(scalars == ["train/loss": [[1, 0.75], [2, 0.5], [3, 0.5]], "train/accuracy": [[1, 0.5]]])
        }
    }

    @Test func resumedFilesReplaceTheStepsThatAreDoneAgain() throws {
        try withTemporaryFolder { folder in
            let first = try EventFile(in: folder, resumingAt: nil, wallTime: 1000)
            try first.write((1...5).map { EventStep([.scalar("loss", Double($0))], step: $0, wallTime: 1000) })
            let second = try EventFile(in: folder, resumingAt: 4, wallTime: 1000)
            try second.write((4...6).map { EventStep([.scalar("loss", Double(-$0))], step: $0, wallTime: 1000) })
            let loss = try TensorBoardEvents(in: folder).scalars["loss"]
            #expect(loss == [[1, 1], [2, 2], [3, 3], [4, -4], [5, -5], [6, -6]])
        }
    }

    @Test func histogramsKeepTheirBuckets() throws {
        try withTemporaryFolder { folder in
            let histogram = Histogram(of: [-1, 0, 0.5, 0.75, 3], buckets: 4)
            let file = try EventFile(in: folder, resumingAt: nil, wallTime: 1000)
            try file.write([.histogram("weights", histogram)], step: 7, wallTime: 1001)
            let read = try #require(try TensorBoardEvents(in: folder).histograms["weights"]?.first)
            #expect(read.step == 7)
            #expect(read.buckets.map { $0[2] } == [1, 3, 0, 1])
            #expect(read.buckets.first?[0] == -1 && read.buckets.last?[1] == 3)
        }
    }

    @Test func textsSettingsAndTheEndArrive() throws {
        try withTemporaryFolder { folder in
            let file = try EventFile(in: folder, isOwn: false, resumingAt: nil, wallTime: 1000)
            let settings = [("learning-rate", "0.005"), ("model", "vgg6"), ("class-weights", "1 2"), ("l2", "nan")]
            try file.write(
                [.hyperparameters(settings, begun: 1000), .text("command", "    train --model vgg6")], step: 0,
                wallTime: 1001)
            let started = try TensorBoardEvents(in: folder)
            #expect(started.texts == ["command": "    train --model vgg6"] && !started.isFinished)
            #expect(
                started.settings == [
                    "learning-rate": "0.005", "model": "vgg6", "class-weights": "1 2", "l2": "nan",
                ])
            try file.write([.finished(at: 1002)], step: 0, wallTime: 1002)
            #expect(try TensorBoardEvents(in: folder).isFinished)
        }
    }

    @Test(arguments: [PNGImage.Channels.grey, .rgb]) func picturesAreDecodedToTheirPixels(
        channels: PNGImage.Channels
    ) throws {
        try withTemporaryFolder { folder in
            let pixels = (0..<(21 * 13 * channels.rawValue)).map { UInt8(truncatingIfNeeded: $0 * 37) }
            let image = PNGImage(width: 21, height: 13, channels: channels, pixels: pixels)
            let file = try EventFile(in: folder, resumingAt: nil, wallTime: 1000)
            try file.write([.image("stamp", image)], step: 3, wallTime: 1001)
            let read = try #require(try TensorBoardEvents(in: folder).images["stamp"]?.first)
            #expect(read.step == 3 && read.width == 21 && read.height == 13)
            #expect(read.mode == (channels == .grey ? "L" : "RGB"))
            #expect(read.pixels == pixels.map(Int.init))
        }
    }

    /// Otherwise the tests above would not show that checksums are right.
    @Test func damagedRecordsAreRefused() throws {
        try withTemporaryFolder { folder in
            let file = try EventFile(in: folder, resumingAt: nil, wallTime: 1000)
            try file.write([.scalar("loss", 1)], step: 1, wallTime: 1001)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: URL(fileURLWithPath: file.path))
            #expect(try TensorBoardEvents(in: folder).scalars.isEmpty)
        }
    }
}
