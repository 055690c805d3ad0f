import StampData
import StampFormats

extension StampCollection {
    /// Simulated stamps in memory, equally many of each class: no file is read or written.
    ///
    /// - Parameter perClass: stamps of each class, at least 1.
    public init(simulated perClass: Int, by simulator: StampSimulator, threads: Int) throws {
        precondition(perClass >= 1, "a collection needs stamps")
        let pixels = simulator.height * simulator.width
        var values: [StampSimulator.Population: [Float]] = [:]
        for population in StampSimulator.Population.allCases {
            values[population, default: []].reserveCapacity(perClass * pixels)
        }
        try simulator.generate(sources: perClass, noise: perClass, threads: threads) { block in
            values[block.population, default: []] += block.pixels
        }
        func stamps(_ population: StampSimulator.Population) throws -> [StampArray] {
            let name = "simulated \(population)"
            let array = try values[population, default: []].withUnsafeBufferPointer {
                try NumericArray(copying: $0, shape: [perClass, simulator.height, simulator.width], name: name)
            }
            return [try StampArray(array: array, path: name)]
        }
        try self.init(noise: stamps(.noise), sources: stamps(.sources))
    }
}
