import Communication
import Faults
import Lanes
import StampData
import Tensors

/// Stamps with known classes, each rank its share: the validation set. They are kept normalised in memory, or as many
/// as there is room for; the others are read as they are needed.
package final class LabelledStamps: Sendable {
    package let stamps: [Int]
    /// The true class of each.
    package let labels: [Int]
    private let share: Range<Int>
    /// Those of the share that stay in memory.
    private let resident: Range<Int>
    private let reader: StampReader
    private let memory: FloatBuffer

    /// So many stamps before they are needed the system is told to fetch them: what some chunks hold.
    private static let lead = 256

    /// Makes room for this rank's share of the stamps; `assign(to:)` has them loaded.
    ///
    /// - Parameter room: how many stamps stay in memory.
    init(
        _ stamps: [Int], _ reader: StampReader, group: any ProcessGroup, room: StampMemory = .unlimited
    ) {
        self.stamps = stamps
        self.reader = reader
        labels = stamps.map { reader.collection.label($0) }
        share = InferenceShare.of(stamps.count, in: group)
        resident = share.prefix(room.resident(of: share.count))
        memory = FloatBuffer(count: resident.count * reader.valueCount)
    }

    /// Loads and normalises this rank's share of the stamps, all of which must be usable.
    package convenience init(
        _ stamps: [Int], _ reader: StampReader, team: LaneTeam, group: any ProcessGroup
    ) throws {
        self.init(stamps, reader, group: group)
        var assignments = StampAssignments(reader)
        assign(to: &assignments)
        try assignments.carryOut(team: team) { _, stamp, isUsable in
            precondition(isUsable, "stamp \(stamp.number) cannot be normalised")
        }
    }

    /// Has those of this rank's share that stay kept in memory, and the others looked at.
    func assign(to assignments: inout StampAssignments) {
        assignments.keep(stamps[resident], at: memory.view)
        assignments.look(at: stamps[resident.upperBound..<share.upperBound])
    }

    /// Bytes of memory that stamps take.
    package var stampBytes: Int { memory.count * MemoryLayout<Float>.stride }

    /// Puts one of this rank's stamps into memory, as the network sees it.
    ///
    /// - Parameters:
    ///   - index: of the stamp in `stamps`, within this rank's share.
    ///   - target: room for the values of one stamp.
    /// - Throws: `Fault` when its file cannot be read, or the stamp can no longer be normalised.
    package func copy(_ index: Int, into target: MutableFloatView) throws {
        guard index >= resident.upperBound else {
            target.update(
                from: memory.view.slice(reader.valueCount, at: (index - resident.lowerBound) * reader.valueCount))
            return
        }
        if index + Self.lead < share.upperBound { try reader.collection.willRead(stamps[index + Self.lead]) }
        guard try reader.read(stamps[index], into: target) else {
            throw StampScan.changed(stamps[index], of: reader.collection)
        }
    }
}
