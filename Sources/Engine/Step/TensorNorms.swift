import CKernels
import Communication
import Models

/// The squared norms of a network's trainable arrays, of values that ranks and lanes hold in slices.
///
/// Every array is cut into cells where the index of its parameters is a multiple of a slice's unit, so that no slice
/// ends within a cell. One lane adds up a cell's squares; the cells of all ranks are gathered and added in their order:
/// the same bits for any number of ranks and lanes.
final class TensorNorms: @unchecked Sendable {
    private static let unit = GradientReduction.sliceUnit

    /// Where the arrays lie among the trainable parameters.
    let tensors: [Range<Int>]
    private let firstCells: [Int]
    private let sums: UnsafeMutablePointer<Double>
    private let group: any ProcessGroup
    /// Each bucket's first cell and how its cells are shared among ranks.
    private let exchanges: [(first: Int, plan: AllGatherPlan)]

    init(network: Network, buckets: [GradientBucket], group: any ProcessGroup) {
        tensors = network.trainableTensors
        var first = [0]
        for tensor in tensors { first.append(first.last! + Self.cells(tensor)) }
        firstCells = first
        sums = .allocate(capacity: max(first.last!, 1))
        sums.initialize(repeating: 0, count: max(first.last!, 1))
        self.group = group
        let (tensors, count) = (tensors, network.trainableCount)
        func cell(_ index: Int) -> Int { index >= count ? first.last! : Self.cell(index, tensors, first) }
        exchanges = buckets.map { bucket in
            let counts = bucket.slices.map { $0.isEmpty ? 0 : cell($0.upperBound) - cell($0.lowerBound) }
            let first = cell(bucket.range.lowerBound)
            let offsets = bucket.slices.map { $0.isEmpty ? 0 : cell($0.lowerBound) - first }
            return (first, AllGatherPlan(counts: counts, offsets: offsets))
        }
    }

    deinit { sums.deallocate() }

    private static func cells(_ tensor: Range<Int>) -> Int {
        tensor.isEmpty ? 0 : (tensor.upperBound - 1) / unit - tensor.lowerBound / unit + 1
    }

    /// The cell that begins with the parameter `index`.
    private static func cell(_ index: Int, _ tensors: [Range<Int>], _ firstCells: [Int]) -> Int {
        let tensor = tensors.firstIndex { $0.contains(index) }!
        return firstCells[tensor] + index / unit - tensors[tensor].lowerBound / unit
    }

    /// Adds up the squares of a piece of one array. Any lane, disjoint pieces that end where slices may.
    ///
    /// - Parameter values: the first belongs to the first parameter of `piece`.
    func addSquares(_ values: UnsafePointer<Float>, _ piece: Range<Int>, of tensor: Int) {
        let cell = firstCells[tensor] + piece.lowerBound / Self.unit - tensors[tensor].lowerBound / Self.unit
        // An array that starts within a unit has a shorter first cell.
        let head = min((Self.unit - piece.lowerBound % Self.unit) % Self.unit, piece.count)
        if head > 0 { sum_squares(values, head, Self.unit, sums + cell) }
        sum_squares(values + head, piece.count - head, Self.unit, sums + cell + (head > 0 ? 1 : 0))
    }

    /// All-gathers the cells, and returns the sum of squares of each array. Collective, one lane.
    func gathered() throws -> [Double] {
        if group.size > 1 {
            for exchange in exchanges {
                try group.all.allGather(inPlace: sums + exchange.first, plan: exchange.plan, blockLength: 1)
            }
        }
        return tensors.indices.map { tensor in
            (firstCells[tensor]..<firstCells[tensor + 1]).reduce(0) { $0 + sums[$1] }
        }
    }
}

extension Network {
    /// Where the trainable arrays lie among the trainable parameters, in their order.
    var trainableTensors: [Range<Int>] {
        parameters.filter(\.isTrainable).map { $0.offset..<$0.offset + $0.shape.count }
    }

    /// Whether weight decay applies to each of `trainableTensors`: to kernels, not to arrays of one dimension, which
    /// are biases and batch normalisation's γ and β.
    var decayingTensors: [Bool] { parameters.filter(\.isTrainable).map { $0.shape.extents.count > 1 } }
}
