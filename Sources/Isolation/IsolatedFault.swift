import Faults

/// A fault that an isolated process reports: of a kind that a file can have.
struct IsolatedFault: Codable {
    let isMissing: Bool
    let subject: String
    let problem: String
    let remedy: String

    init(_ fault: Fault) {
        isMissing = fault.kind == .missingInput
        (subject, problem, remedy) = (fault.subject, fault.problem, fault.remedy)
    }

    var fault: Fault { Fault(isMissing ? .missingInput : .badData, subject, problem, remedy: remedy) }
}
