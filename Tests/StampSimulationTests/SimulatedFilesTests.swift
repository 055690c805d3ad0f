import Foundation
import StampData
import StampSimulation
import Testing

struct SimulatedFilesTests {
    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "simulated-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Of a simulation that was killed nothing is left, of one at work everything.
    @Test func theRemainsOfAnEarlierSimulationAreRemoved() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Linux numbers processes up to 2²².
        let remains = SimulatedFiles.names.map { ".\($0).\(1 << 30)-1.partial" }
        let others = [".stamps_noise.npy.1-1.partial", ".other.npy.\(1 << 30)-1.partial"]
        for name in remains + others { try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        let files = try SimulatedFiles(folder: folder, stampShape: [8, 9])
        try StampSimulator(seed: 1, height: 8, width: 9).generate(sources: 3, noise: 3, threads: 1, write: files.append)
        try files.finish()
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == Set(SimulatedFiles.names + others))
    }

    @Test func tablesSayWhatTheStampsAre() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let simulator = StampSimulator(seed: 12, height: 8, width: 9)
        let files = try SimulatedFiles(folder: folder, stampShape: [8, 9])
        // More than a block of 4,096.
        try simulator.generate(sources: 30, noise: 4100, threads: 2, write: files.append)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { $0.hasPrefix(".") })
        try files.finish()
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder)) == Set(SimulatedFiles.names))

        let stamps = try StampCollection(
            noise: ["\(folder)/stamps_noise.npy"], sources: ["\(folder)/stamps_sources.npy"])
        #expect(stamps.classCounts[0] == 4100 && stamps.classCounts[1] == 30 && stamps.height == 8 && stamps.width == 9)
        for (population, header, count) in [
            (StampSimulator.Population.noise, "index,kind,fwhm", 4100), (.sources, "index,kind,fwhm,snr,dx,dy", 30),
        ] {
            let table = try String(contentsOfFile: "\(folder)/kinds_\(population).csv", encoding: .utf8)
            let lines = table.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == count + 2 && lines[0] == header && lines[count + 1].isEmpty)
            for index in [0, 7, count - 1] {
                let stamp = simulator.stamp(population, index: index), truth = stamp.truth
                let fields = lines[index + 1].split(separator: ",").map(String.init)
                #expect(fields[0] == "\(index)" && SimulatedStamp.Kind(rawValue: fields[1]) == truth.kind)
                // Written with as many digits as single precision needs.
                #expect(Float(fields[2]) == truth.fullWidthHalfMaximum)
                if population == .sources {
                    #expect(fields[3...].map { Float($0) } == [truth.signalToNoise, truth.offset.x, truth.offset.y])
                }
                var pixels = [Double](repeating: 0, count: 72)
                try stamps.copyStamp(population == .noise ? index : 4100 + index, into: &pixels)
                #expect(pixels == stamp.pixels.map(Double.init))
            }
        }
    }
}
