import Faults
import RunRecords
import TestSupport
import Testing

/// Damage to any file of a checkpoint, at many places: either it is named and the checkpoint before is used, or what is
/// read is what was written.
@Suite struct DamagedCheckpointTests {
    /// Of the weights and of the optimizer's state, in bytes: several blocks of a file system, the last one not full.
    private static let sizes = ["model.safetensors": 41_234, "optimizer.safetensors": 20_481]

    private func state(_ step: Int) -> CheckpointState {
        CheckpointState(step: step, completedEpochs: step, settings: ["--seed": "0"])
    }

    /// Two checkpoints, of which the later one is damaged in the ways that `damages` says, one after the other.
    private func expectNoWrongResult(
        of damages: (_ original: [UInt8]) -> [[UInt8]], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try withTemporaryFolder { base in
            let folder = CheckpointFolder(base)
            for step in [1, 2] {
                try folder.write(state(step)) { path in
                    for (name, size) in Self.sizes {
                        try write(
                            (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11 &+ step) },
                            to: "\(path)/\(name)")
                    }
                }
            }
            let newest = folder.checkpoint(step: 2)
            for name in try names(in: newest.path) {
                let path = "\(newest.path)/\(name)"
                let original = try bytes(path)
                for (number, damaged) in damages(original).enumerated() where damaged != original {
                    try write(damaged, to: path)
                    let found = try #require(try folder.newestWhole())
                    if found.checkpoint == newest {
                        // A manifest may be written otherwise and still say the same; the other files must be what they
                        // were.
                        #expect(
                            name == "manifest.json" && found.state == state(2), "\(name), damage \(number)",
                            sourceLocation: sourceLocation)
                    } else {
                        #expect(
                            found.state == state(1) && found.skipped.count == 1
                                && found.skipped[0].reason.subject.hasPrefix(newest.path),
                            "\(name), damage \(number)", sourceLocation: sourceLocation)
                    }
                }
                try write(original, to: path)
            }
            #expect(try folder.newestWhole()?.state == state(2))
        }
    }

    @Test func filesCutAtEveryBlockAreFound() throws {
        try expectNoWrongResult { original in
            // Small files are cut everywhere.
            let lengths = stride(from: 0, to: original.count, by: original.count < 4096 ? 1 : 4096)
            return lengths.map { Array(original.prefix($0)) } + [Array(original.dropLast())]
        }
    }

    @Test func blocksThatNeverReachedTheDiskAreFound() throws {
        try expectNoWrongResult { original in
            stride(from: 0, to: original.count, by: 4096).map { start in
                var zeroed = original
                for index in start..<min(start + 4096, original.count) { zeroed[index] = 0 }
                return zeroed
            }
        }
    }

    @Test func flippedBitsAreFound() throws {
        try expectNoWrongResult { original in
            let bits = original.count * 8
            // Odd distances, which come to each place in a byte.
            return stride(from: 0, to: bits, by: original.count < 4096 ? 3 : 331).map { bit in
                var flipped = original
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                return flipped
            }
        }
    }

    @Test func bytesTooManyAreFound() throws {
        try expectNoWrongResult { original in [original + [0], original + original] }
    }
}
