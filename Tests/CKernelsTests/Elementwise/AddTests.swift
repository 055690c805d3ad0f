import CKernels
import TestSupport
import Testing

/// Sums of whole vectors against plain additions.
@Suite struct AddTests {
    /// One addition an element, so that the bits are those of Swift's `+`.
    @Test(arguments: [0, 1, 3, 15, 16, 17, 31, 64, 1000, 2049])
    func everyElementIsOneAddition(count: Int) {
        for shift in 0..<3 {
            let x = unevenFloats(count + shift, seed: 1)
            var y = unevenFloats(count + shift, seed: 2)
            let expected = zip(x, y).enumerated().map { $0.offset < shift ? $0.element.1 : $0.element.0 + $0.element.1 }
            x.withUnsafeBufferPointer { x in
                y.withUnsafeMutableBufferPointer { y in
                    guard let from = x.baseAddress, let into = y.baseAddress else { return }
                    add_into(into + shift, from + shift, count)
                }
            }
            #expect(y.map(\.bitPattern) == expected.map(\.bitPattern))
        }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 130])
    func everyDoubleIsOneAddition(count: Int) {
        let x = unevenFloats(count, seed: 3).map { Double($0) / 3 }
        var y = unevenFloats(count, seed: 4).map { Double($0) / 7 }
        let expected = zip(x, y).map { $0 + $1 }
        add_doubles_into(&y, x, count)
        #expect(y.map(\.bitPattern) == expected.map(\.bitPattern))
    }
}
