import Glibc

extension Fault {
    /// A file or folder that a system call could not write, and the remedy that fits `errorNumber` (`errno`).
    public static func cannotWrite(_ path: String, _ errorNumber: Int32) -> Fault {
        if let fault = refusal(path, "written", errorNumber) { return fault }
        let remedy =
            switch errorNumber {
            case ENOENT: "make the folder first, or choose another place with --output"
            case ENOTDIR: "a part of the path is a file: choose another place with --output"
            case EISDIR: "name a file in it"
            case ENOSPC, EDQUOT, EFBIG: "free some space there, or choose another place with --output"
            default: "check the permissions, or choose another place with --output"
            }
        return Fault(.cannotWrite, path, "cannot be written (\(message(errorNumber)))", remedy: remedy)
    }

    /// A file or folder that a system call could not read, and the remedy that fits `errorNumber` (`errno`).
    public static func cannotRead(_ path: String, _ errorNumber: Int32) -> Fault {
        if errorNumber == ENOENT {
            return Fault(.missingInput, path, "there is no such file", remedy: "check the name and the folder")
        }
        if let fault = refusal(path, "read", errorNumber) { return fault }
        return Fault(
            .missingInput, path, "cannot be read (\(message(errorNumber)))",
            remedy: "check the name and its permissions")
    }

    /// The fault of a file that is there, and of a system that does not let this process use it.
    private static func refusal(_ path: String, _ use: String, _ errorNumber: Int32) -> Fault? {
        let remedy: String
        switch errorNumber {
        case ENOMEM: remedy = "use fewer --threads, or raise the limit on memory (ulimit -v)"
        case EMFILE, ENFILE: remedy = "raise the limit on open files (ulimit -n)"
        default: return nil
        }
        return Fault(.noResources, path, "cannot be \(use) (\(message(errorNumber)))", remedy: remedy)
    }

    private static func message(_ errorNumber: Int32) -> String { String(cString: strerror(errorNumber)) }
}
