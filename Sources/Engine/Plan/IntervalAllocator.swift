/// Places blocks of known lifetimes so that blocks alive at the same time do not overlap (first fit).
package struct IntervalAllocator {
    private var placed: [(range: Range<Int>, lives: [ClosedRange<Int>])] = []
    /// The end of the highest block so far.
    package private(set) var size = 0

    package init() {}

    /// Places a block that is alive during the given intervals.
    package mutating func place(_ count: Int, during lives: [ClosedRange<Int>]) -> Int {
        var offset = 0
        let rivals = placed.filter { block in block.lives.contains { life in lives.contains { $0.overlaps(life) } } }
        for block in rivals.sorted(by: { $0.range.lowerBound < $1.range.lowerBound })
        where block.range.lowerBound < offset + count {
            offset = max(offset, block.range.upperBound)
        }
        placed.append((offset..<offset + count, lives))
        size = max(size, offset + count)
        return offset
    }
}
