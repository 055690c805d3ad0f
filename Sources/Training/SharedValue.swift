import Communication
import Faults
import FoundationEssentials
import Layers
import Models
import Tensors

extension ProcessGroup {
    /// Does `work` on rank 0 alone, for all: what it finds wrong is everybody's fault, told as a single process would.
    /// Collective.
    ///
    /// - Returns: the result on rank 0, nil elsewhere.
    /// - Throws: `AgreedFault` on all ranks if it fails.
    package func onRoot<Value>(_ work: () throws -> Value) throws -> Value? {
        var (result, fault): (Value?, Fault?)
        try agree {
            do { result = rank == 0 ? try work() : nil } catch let found as Fault { fault = found }
        }
        guard try maximum(of: fault == nil ? 0 : 1) > 0 else { return result }
        let words = fault.map { [String($0.kind.rawValue), $0.subject, $0.problem, $0.remedy].joined(separator: "\0") }
        let fields = String(decoding: try broadcast(Array((words ?? "").utf8), from: 0), as: UTF8.self)
            .split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        precondition(fields.count == 4, "a fault of \(fields.count) fields")
        let kind = Int32(fields[0]).flatMap { Fault.Kind(rawValue: $0) } ?? .internalFault
        throw AgreedFault(fault: Fault(kind, fields[1], fields[2], remedy: fields[3]))
    }

    /// Does `work` on rank 0 alone, for instance because it reads a file, and gives its result to all. Collective.
    ///
    /// - Throws: `AgreedFault` on all ranks if it fails.
    func shared<Value: Codable>(_ work: () throws -> Value) throws -> Value {
        let own = try onRoot(work)
        if let own, size == 1 { return own }
        let bytes = try agree { try own.map { Array(try JSONEncoder().encode([$0])) } ?? [] }
        let received = try broadcast(bytes, from: 0)
        return try agree { try own ?? JSONDecoder().decode([Value].self, from: Data(received))[0] }
    }

    /// Gives every rank the weights of rank 0.
    func broadcast(_ weights: Weights) throws {
        for buffer in [weights.trainable, weights.state] { try broadcast(buffer) }
    }

    func broadcast(_ buffer: FloatBuffer) throws {
        try broadcast(
            UnsafeMutableRawBufferPointer(start: buffer.pointer, count: buffer.count * MemoryLayout<Float>.stride),
            from: 0)
    }
}
