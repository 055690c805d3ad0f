import Communication
import Faults
import Files
import Models

/// A hash of all parameters, moving statistics included: all ranks that compute correctly have the same.
package enum ParameterHash {
    /// Eight hexadecimal digits: the CRC-32 of the parameters' bytes.
    package static func of(_ weights: Weights) -> String {
        var checksum = CRC32()
        for buffer in [weights.trainable, weights.state] {
            checksum.update(
                UnsafeRawBufferPointer(start: buffer.pointer, count: buffer.count * MemoryLayout<Float>.stride))
        }
        return checksum.hexadecimal
    }

    /// Compares the ranks' hashes. Collective.
    ///
    /// - Throws: `AgreedFault` that names the ranks whose parameters differ from those of most.
    static func verify(_ weights: Weights, step: Int, in group: any ProcessGroup) throws {
        guard group.size > 1 else { return }
        let hashes = try group.allGather(text: of(weights))
        let odd = diverging(hashes)
        guard !odd.isEmpty else { return }
        let hosts = try group.allGather(text: group.hostName)
        let names = odd.map { "rank \($0) on \(hosts[$0])" }.joined(separator: ", ")
        throw AgreedFault(
            fault: Fault(
                .internalFault, names, "computed different parameters from the other ranks, as step \(step) shows",
                remedy: "leave out that machine, which is at fault, and continue with --resume"))
    }

    /// The ranks whose hash is not the most frequent one; of equally frequent ones that of the lowest rank counts.
    package static func diverging(_ hashes: [String]) -> [Int] {
        let counts = Dictionary(hashes.map { ($0, 1) }, uniquingKeysWith: +)
        let most = counts.values.max() ?? 0
        let usual = hashes.first { counts[$0] == most }
        return hashes.indices.filter { hashes[$0] != usual }
    }
}
