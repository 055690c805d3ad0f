/// Sums of losses and counts of correct predictions over an epoch, position by position, so that their total does not
/// depend on how positions are shared among ranks and lanes.
package struct EpochTotals {
    package let positions: Range<Int>
    /// Loss and count of correct predictions of each position, one after another.
    private let sums: FloatingPointCells

    init(positions: Range<Int>) {
        self.positions = positions
        sums = FloatingPointCells(count: 2 * positions.count)
    }

    func reset(_ position: Int) { set(position, loss: 0, correct: 0) }

    func set(_ position: Int, loss: Double, correct: Double) {
        sums.values[2 * (position - positions.lowerBound)] = loss
        sums.values[2 * (position - positions.lowerBound) + 1] = correct
    }

    /// Whether no loss is infinite or not a number.
    package var isFinite: Bool { positions.allSatisfy { self[$0].loss.isFinite } }

    func add(_ position: Int, loss: Double, correct: Int) {
        sums.values[2 * (position - positions.lowerBound)] += loss
        sums.values[2 * (position - positions.lowerBound) + 1] += Double(correct)
    }

    /// Loss and count of one position.
    package subscript(position: Int) -> (loss: Double, correct: Double) {
        let index = 2 * (position - positions.lowerBound)
        return (sums.values[index], sums.values[index + 1])
    }
}

/// Doubles at a fixed address, each written by one lane.
private final class FloatingPointCells: @unchecked Sendable {
    let values: UnsafeMutablePointer<Double>

    init(count: Int) {
        values = .allocate(capacity: max(count, 1))
        values.initialize(repeating: 0, count: max(count, 1))
    }

    deinit { values.deallocate() }
}
