/// What a pickle holds. Containers lie in the ``PickleReader``'s arena and are named by their number, so that a pickle
/// may nest and share them as it likes.
package enum PickleValue: Equatable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case bytes
    /// A tuple or a list.
    case sequence(Int)
    case dictionary(Int)
    /// A function or a class, by its name, which is never looked up.
    case global(String)
    case storage(TorchStorage)
    case tensor(TorchTensor)
}

/// Bytes of elements of one type, in a member of the archive.
package struct TorchStorage: Equatable {
    /// The class in Python, for instance `FloatStorage`.
    let kind: String
    /// The member's name.
    let key: String
    let count: Int
}

/// A view of a storage, as `torch._utils._rebuild_tensor_v2` makes one; offset and strides count elements.
package struct TorchTensor: Equatable {
    let storage: TorchStorage
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}
