import Engine
import Testing

/// The way of a bucket of gradients to new parameters.
@Suite struct BucketStateTests {
    @Test func aSingleProcessSumsAndUpdates() {
        #expect(
            BucketState.sequence(levels: 0, combinesLanes: true, needsAllGradients: false) == [
                .filling, .updating, .complete,
            ])
    }

    @Test func everyLevelExchangesOnTheWayUpAndGathersOnTheWayDown() {
        #expect(
            BucketState.sequence(levels: 2, combinesLanes: true, needsAllGradients: false) == [
                .filling, .combining(level: 0), .exchanging(level: 0), .combining(level: 1), .exchanging(level: 1),
                .updating, .gathering(level: 1), .gathering(level: 0), .complete,
            ])
    }

    /// One lane of one subtree has nothing to add up: its sums can leave at once.
    @Test func whatNeedsNoCombinationLeavesAtOnce() {
        #expect(
            BucketState.sequence(levels: 1, combinesLanes: false, needsAllGradients: false) == [
                .filling, .exchanging(level: 0), .updating, .gathering(level: 0), .complete,
            ])
    }

    @Test func updatesWithNormsWaitForAllSums() {
        let states = BucketState.sequence(levels: 1, combinesLanes: true, needsAllGradients: true)
        #expect(states.firstIndex(of: .summed) == states.firstIndex(of: .updating).map { $0 + 1 })
        #expect(states.firstIndex(of: .summed)! < states.firstIndex(of: .gathering(level: 0))!)
    }

    /// Lanes work between barriers and messages travel: no state is both, and the first and the last are neither.
    @Test(arguments: [0, 1, 3], [false, true]) func noStateIsWorkAndMessage(levels: Int, needsAllGradients: Bool) {
        let states = BucketState.sequence(
            levels: levels, combinesLanes: true, needsAllGradients: needsAllGradients)
        #expect(!states.contains { $0.isWork && $0.isMessage })
        #expect(states.filter(\.isMessage).count == 2 * levels)
        #expect(states.filter(\.isWork).count == levels + 1)
        #expect(Set(states).count == states.count)
    }
}
