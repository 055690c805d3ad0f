import StampData
import StampSimulation
import Testing

@Suite struct SimulatedCollectionTests {
    @Test(arguments: [1, 3]) func stampsInMemoryAreTheSimulators(threads: Int) throws {
        let simulator = StampSimulator(seed: 4, height: 9, width: 12)
        let stamps = try StampCollection(simulated: 20, by: simulator, threads: threads)
        #expect(stamps.classCounts[0] == 20 && stamps.classCounts[1] == 20 && stamps.height == 9 && stamps.width == 12)
        var pixels = [Double](repeating: 0, count: stamps.values)
        for number in 0..<stamps.count {
            try stamps.copyStamp(number, into: &pixels)
            let expected = number < 20 ? simulator.noise(index: number) : simulator.source(index: number - 20)
            #expect(pixels == expected.pixels.map(Double.init))
        }
    }
}
