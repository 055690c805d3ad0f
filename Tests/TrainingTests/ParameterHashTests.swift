import Layers
import Models
import Testing
import Training

/// How a rank with a faulty memory is found.
@Suite struct ParameterHashTests {
    @Test func theRanksThatDifferFromMostAreNamed() {
        #expect(ParameterHash.diverging(["a", "a", "a"]) == [])
        #expect(ParameterHash.diverging(["a", "b", "a", "c"]) == [1, 3])
        #expect(ParameterHash.diverging(["b", "a", "a"]) == [0])
        // Of two, rank 0 is believed: it writes the checkpoints.
        #expect(ParameterHash.diverging(["a", "b"]) == [1])
    }

    /// In each of the arrays that ranks hold whole, and in the lowest bit of a number.
    @Test(arguments: [true, false]) func oneBitOfOneNumberChangesTheHash(ofTrainable: Bool) throws {
        let network = try Network(StandardNetwork.simpleBN.description(height: 21, width: 21, classes: 2))
        let (weights, others) = (network.initialWeights(seed: 1), network.initialWeights(seed: 1))
        #expect(ParameterHash.of(weights) == ParameterHash.of(others))
        let buffer = ofTrainable ? others.trainable : others.state
        for index in [0, buffer.count / 2, buffer.count - 1] {
            let before = buffer.pointer[index]
            buffer.pointer[index] = Float(bitPattern: before.bitPattern ^ 1)
            #expect(ParameterHash.of(weights) != ParameterHash.of(others))
            buffer.pointer[index] = before
        }
        #expect(ParameterHash.of(weights) == ParameterHash.of(others))
    }
}
