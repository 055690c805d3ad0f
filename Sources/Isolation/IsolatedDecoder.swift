import Faults

/// What turns the bytes of a file, which nobody has checked, into values, with the help of a C library that may trip
/// over them. It runs in a process of its own, which may lose its life over a damaged file: ``DecodingProcess``.
package protocol IsolatedDecoder {
    /// What is asked for.
    associatedtype Request: Codable
    /// What the file says. It comes from a process that the file may have taken over: whoever receives it checks it.
    associatedtype Answer: Codable

    /// Distinguishes the decoders of a program.
    static var name: String { get }

    /// Decodes a file.
    ///
    /// - Parameters:
    ///   - request: as it was given to ``DecodingProcess``.
    ///   - bytes: of the file.
    ///   - payload: takes what is too large for an answer.
    /// - Throws: the `Fault` of the file, which reaches who asked as one of bad data.
    static func decode(_ request: Request, _ bytes: UnsafeRawBufferPointer, _ payload: DecodedPayload) throws -> Answer
}

/// What an isolated process is asked, in the memory that it shares with who asks.
struct IsolatedRequest<Request: Codable>: Codable {
    /// ``IsolatedDecoder/name``.
    let decoder: String
    /// Where in the file the bytes are.
    let offset: Int
    let byteCount: Int
    let request: Request
}

/// Which of the decoders a request is for.
struct IsolatedRequestName: Codable {
    let decoder: String
}

/// What an isolated process answers, in the same memory.
enum IsolatedAnswer<Answer: Codable>: Codable {
    case decoded(Answer, payloadByteCount: Int)
    case refused(Fault)
}

/// The message that goes with the descriptors: a request's limits.
struct IsolationLimits {
    /// Bytes beyond those that the process has when it begins.
    var memory: UInt64 = 0
    /// Processor time.
    var seconds: UInt64 = 0

    /// Time by the clock, of which a busy machine gives the process a share.
    var elapsedSeconds: UInt64 { 60 + 10 * seconds }
}
