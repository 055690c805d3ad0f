import CKernels
import Tensors

extension CounterBasedRandom {
    /// Independent normal numbers of variance 1.
    func whiteNoise(_ purpose: RandomPurpose, detail: Int, step: Int, sample: Int, count: Int) -> [Float] {
        let counter: [UInt32] = [0, UInt32(sample), UInt32(step), Self.word(purpose, detail: detail)]
        let key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
        return [Float](unsafeUninitializedCapacity: count) { out, initialized in
            standard_normals(counter, key, count, out.baseAddress!)
            initialized = count
        }
    }
}
