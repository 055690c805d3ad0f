/// Channels of stamps side by side, pixel by pixel, of what lies in one plane behind the other.
extension UnsafeMutableBufferPointer<Double> {
    /// Turns stamps that have each channel as a plane of its own, (N, channels, pixels), into (N, pixels, channels).
    func interleave(channels: Int, valuesPerStamp: Int) {
        guard channels > 1, let target = baseAddress, count > 0 else { return }
        let pixels = valuesPerStamp / channels
        withUnsafeTemporaryAllocation(of: Double.self, capacity: valuesPerStamp) { planes in
            let planes = planes.baseAddress!
            for start in stride(from: 0, to: count, by: valuesPerStamp) {
                let stamp = target + start
                planes.update(from: stamp, count: valuesPerStamp)
                for channel in 0..<channels {
                    let plane = planes + channel * pixels
                    for pixel in 0..<pixels { stamp[pixel &* channels &+ channel] = plane[pixel] }
                }
            }
        }
    }

    /// Puts what `read` gives, interleaved channels themselves, where some of all channels belong.
    ///
    /// - Parameter read: fills the room for these channels of as many pixels as there is room for.
    func fillChannels(
        _ some: Range<Int>, of all: Int, _ read: (UnsafeMutablePointer<Double>) throws -> Void
    ) throws {
        guard let target = baseAddress, count > 0 else { return }
        guard some.count < all else { return try read(target) }
        let pixels = count / all
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: pixels * some.count) { values in
            let values = values.baseAddress!
            try read(values)
            for channel in 0..<some.count {
                let first = target + some.lowerBound + channel
                for pixel in 0..<pixels { first[pixel &* all] = values[pixel &* some.count &+ channel] }
            }
        }
    }
}
