/// Hands uninitialised memory for `count` values to `body`, which it may not outlive.
///
/// Little is taken from the stack, which costs nothing; more is not, however much of the stack seems to be left: the
/// size is the user's (a stamp's, for instance), and what `body` calls needs some, too.
public func withTemporaryMemory<Value: BitwiseCopyable, Result>(
    of type: Value.Type, count: Int, _ body: (UnsafeMutableBufferPointer<Value>) throws -> Result
) rethrows -> Result {
    let mostOnStack = 16 << 10
    if count * MemoryLayout<Value>.stride <= mostOnStack {
        return try withUnsafeTemporaryAllocation(of: type, capacity: count, body)
    }
    let memory = UnsafeMutableBufferPointer<Value>.allocate(capacity: count)
    defer { memory.deallocate() }
    return try body(memory)
}
