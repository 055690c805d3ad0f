import CLibFuzzer
import CSharedCoverage
import Faults
import Glibc
import Isolation
import KerasFormat
import StampFormats

/// Runs one reader under libFuzzer: the environment variable `READER` names it, arguments are libFuzzer's own.
///
/// Whatever the bytes are, a reader gives a value or throws a ``Fault``. A trap, another error, a leak, an access
/// outside a block and an allocation beyond libFuzzer's limits end the process, and libFuzzer keeps the input.
@main struct FuzzReaders {
    static func main() {
        // Started by itself, for libraries that see no file in this process.
        coverage_join()
        DecodingServer.runIfWanted(
            CommandLine.arguments,
            [FITSDecoder.self, WeightsDecoder.self, LegacyLayoutDecoder.self, HDF5StampsDecoder.self]
        ) { coverage_leave() }
        coverage_share()
        guard let name = getenv("READER").map({ String(cString: $0) }), Reader(rawValue: name) != nil else {
            let names = Reader.allCases.map(\.rawValue).joined(separator: ", ")
            fatalError("READER names no reader; it must be one of \(names)")
        }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments, { FuzzReaders.test($0, $1) }))
    }

    private static let reader = Reader(rawValue: String(cString: getenv("READER")))!

    private static func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        do {
            try reader.read(UnsafeRawBufferPointer(start: bytes, count: count))
        } catch let fault as Fault {
            // A fault is shown to the user: making its text must not trap either.
            precondition(!fault.description.utf8.contains(0x0A), "a fault of more than one line")
            precondition(fault.kind != .internalFault, "\(fault)")
            // A library may die of a file in its own process; the program's own code there may not trap.
            for signal in [SIGILL, SIGTRAP] {
                precondition(!fault.problem.hasSuffix("was ended by signal \(signal)"), "a trap in the other process")
            }
        } catch {
            fatalError("no Fault: \(error)")
        }
        coverage_collect()
        return 0
    }
}
