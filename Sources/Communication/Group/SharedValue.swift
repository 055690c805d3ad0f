import Faults
import FoundationEssentials

extension ProcessGroup {
    /// Performs `work` on rank 0 alone, on behalf of all: a fault is thrown on every rank, worded as in a single
    /// process. Collective.
    ///
    /// - Returns: the result on rank 0, nil elsewhere.
    /// - Throws: `AgreedFault` on all ranks if it fails.
    package func onRoot<Value>(_ work: () throws -> Value) throws -> Value? {
        var (result, fault): (Value?, Fault?)
        try agree {
            do { result = rank == 0 ? try work() : nil } catch let found as Fault { fault = found }
        }
        guard try maximum(of: fault == nil ? 0 : 1) > 0 else { return result }
        throw AgreedFault(fault: Fault(encoded: try broadcast(fault?.encoded() ?? [], from: 0)))
    }

    /// Performs `work` on rank 0 alone, for instance because it reads a file, and broadcasts its result. Collective.
    ///
    /// - Throws: `AgreedFault` on all ranks if it fails.
    package func shared<Value: Codable>(_ work: () throws -> Value) throws -> Value {
        let own = try onRoot(work)
        if let own, size == 1 { return own }
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let bytes = try agree { try own.map { Array(try encoder.encode([$0])) } ?? [] }
        let received = try broadcast(bytes, from: 0)
        return try agree { try own ?? decoder.decode([Value].self, from: Data(received))[0] }
    }

    /// The values of all ranks on every rank, rank after rank. Collective.
    package func allGather<Value: BitwiseCopyable>(values: [Value]) throws -> [Value] {
        try values.withUnsafeBytes { try allGather($0) }.flatMap { Self.values(in: $0) }
    }

    /// The values of each rank on rank 0; nil elsewhere. Collective.
    package func gather<Value: BitwiseCopyable>(values: UnsafeBufferPointer<Value>) throws -> [[Value]]? {
        try gather(UnsafeRawBufferPointer(values))?.map { Self.values(in: $0) }
    }

    /// The values of each rank on rank 0; nil elsewhere. Collective.
    package func gather<Value: BitwiseCopyable>(values: [Value]) throws -> [[Value]]? {
        try values.withUnsafeBufferPointer { try gather(values: $0) }
    }

    /// The texts of all ranks on every rank. Collective.
    package func allGather(text: String) throws -> [String] {
        try allGather(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func values<Value: BitwiseCopyable>(in bytes: [UInt8]) -> [Value] {
        bytes.withUnsafeBytes { Array($0.bindMemory(to: Value.self)) }
    }
}
