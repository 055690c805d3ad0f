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
            case EACCES, EPERM, EROFS:
                "choose a place of your own with --output, or see ls -ld \(place(of: path)) for who may write there"
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
        if errorNumber == EACCES {
            let closed = closedFolder(of: path)
            return Fault(
                .missingInput, path,
                closed.map { "cannot be reached: \($0) is a folder without permission to enter it" }
                    ?? "is there, but without permission to read it",
                remedy: "see ls -ld \(closed ?? path), and ask its owner for permission, or copy what you need")
        }
        return Fault(
            .missingInput, path, "cannot be read (\(message(errorNumber)))",
            remedy: "check the name and its permissions")
    }

    /// The outermost of the folders above a path that this process may not enter; nil if it may enter all.
    private static func closedFolder(of path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folders = (1..<max(1, parts.count)).map { parts[..<$0].joined(separator: "/") }
        return folders.first { !$0.isEmpty && access($0, X_OK) != 0 }
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

    /// What is there of a path: itself, or the folder that it would be in.
    private static func place(of path: String) -> String {
        if access(path, F_OK) == 0 { return path }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func message(_ errorNumber: Int32) -> String { String(cString: strerror(errorNumber)) }
}
