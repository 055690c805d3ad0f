import Faults
import FoundationEssentials

/// A fault that every rank knows of: all of them throw it at the same place, so that they can end in order.
public struct AgreedFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong. If only some ranks encountered it, its subject names the lowest of them and its host.
    public let fault: Fault

    /// Marks a fault that every rank finds for itself at the same place.
    public init(fault: Fault) { self.fault = fault }

    public var description: String { fault.description }
}

extension ProcessGroup {
    /// Performs `work` on every rank, and returns only if none has failed. Collective.
    ///
    /// `work` must not communicate: a rank that fails within it would leave the others waiting.
    ///
    /// - Throws: `AgreedFault` on all ranks if any has failed: the lowest of these decides which fault it is.
    public func agree<Value>(_ work: () throws -> Value) throws -> Value {
        let outcome = Result { try work() }
        switch outcome {
        case .success: try agree(on: nil)
        case .failure(let error): try agree(on: Fault(describing: error))
        }
        return try outcome.get()
    }

    /// Lets all ranks learn whether any of them has a fault. Collective.
    ///
    /// - Throws: `AgreedFault` on all ranks if any has: the lowest of these decides which fault it is.
    public func agree(on fault: Fault?) throws {
        // Nearly always there is none, as reducing a single number shows.
        guard try maximum(of: fault == nil ? 0 : 1) > 0 else { return }
        let faults = try allGather(fault?.encoded() ?? [])
        let hosts = try allGather(text: hostName)
        let first = faults.firstIndex { !$0.isEmpty }!
        let decided = Fault(encoded: faults[first])
        if faults.allSatisfy({ $0 == faults[first] }) { throw AgreedFault(fault: decided) }
        throw AgreedFault(fault: decided.onRank(first, host: hosts[first]))
    }
}

extension Fault {
    /// The fault behind any error.
    init(describing error: any Error) {
        switch error {
        case let fault as Fault: self = fault
        case let agreed as AgreedFault: self = agreed.fault
        default:
            self.init(
                .internalFault, "internal error", String(describing: error),
                remedy: "please report it together with the command")
        }
    }

    /// The same fault, with the rank and host where it arose.
    func onRank(_ rank: Int, host: String) -> Fault {
        Fault(kind, "\(subject) (rank \(rank) on \(host))", problem, remedy: remedy)
    }
}

extension Fault {
    /// The fault as bytes that another rank decodes, whatever characters its texts hold.
    package func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        // Equal faults have equal bytes.
        encoder.outputFormatting = .sortedKeys
        // A fault is an integer and three strings, which JSON can always encode.
        return Array(try! encoder.encode(self))
    }

    /// The fault that another rank has encoded.
    package init(encoded bytes: [UInt8]) {
        guard let fault = try? JSONDecoder().decode(Fault.self, from: Data(bytes)) else {
            preconditionFailure("a fault of \(bytes.count) bytes cannot be decoded")
        }
        self = fault
    }
}
