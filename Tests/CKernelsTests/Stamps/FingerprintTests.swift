import CKernels
import TestSupport
import Testing

/// The fingerprint of a stamp is what its definition says, whatever vectors the processor has.
@Suite struct FingerprintTests {
    /// The definition, written down plainly: 32 chains, folded by vectors of eight and then lane by lane.
    private func plainFingerprint(_ number: UInt64, _ pixels: [Double]) -> UInt64 {
        func step(_ value: UInt64) -> UInt64 {
            let product = value &* 0x9E37_79B1
            return product ^ (product >> 32)
        }
        func mix(_ value: UInt64) -> UInt64 {
            let product = value &* 0x9E37_79B9_7F4A_7C15
            return product ^ (product >> 32)
        }
        var chains = (0..<32).map { number &+ UInt64($0) }
        // A whole number of groups, and one more.
        for group in 0...pixels.count / 32 {
            for chain in 0..<32 {
                let pixel = group * 32 + chain
                chains[chain] = step(chains[chain] ^ (pixel < pixels.count ? pixels[pixel].bitPattern : 0))
            }
        }
        var lanes = [UInt64](repeating: 0, count: 8)
        for (chain, value) in chains.enumerated() { lanes[chain % 8] = step(lanes[chain % 8] ^ value) }
        return lanes.reduce(mix(number ^ mix(UInt64(pixels.count)))) { mix($0 ^ $1) }
    }

    @Test(arguments: [1, 2, 7, 8, 31, 32, 33, 63, 64, 65, 441, 625])
    func itIsThatOfThePlainDefinition(_ count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let pixels = (0..<count).map { _ in Double(bitPattern: random.next()) }
        for number: UInt64 in [0, 1, 109_522] {
            #expect(stamp_fingerprint(number, pixels, count) == plainFingerprint(number, pixels))
        }
    }

    @Test(arguments: [1, 8, 33, 441]) func everyBitOfEveryPixelCounts(_ count: Int) {
        var random = SplitMix64(seed: 2)
        let pixels = (0..<count).map { _ in Double(bitPattern: random.next()) }
        var seen: Set<UInt64> = [stamp_fingerprint(7, pixels, count), stamp_fingerprint(8, pixels, count)]
        for place in 0..<count {
            for bit in 0..<64 {
                var changed = pixels
                changed[place] = Double(bitPattern: pixels[place].bitPattern ^ 1 << UInt64(bit))
                seen.insert(stamp_fingerprint(7, changed, count))
            }
        }
        #expect(seen.count == 2 + 64 * count)
    }

    @Test func exchangedPixelsAndSignsShow() {
        let pixels = (0..<441).map { Double($0) + 0.5 }
        var others = (0..<440).map { place in
            var changed = pixels
            changed.swapAt(place, place + 1)
            return changed
        }
        others.append(pixels.map { -$0 })
        others.append(pixels.reversed())
        others.append(pixels + [0])
        let all = Set((others + [pixels]).map { stamp_fingerprint(1, $0, $0.count) })
        #expect(all.count == others.count + 1)
    }
}
