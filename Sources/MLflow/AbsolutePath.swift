import Faults
import Files
import Glibc

/// Paths that mean the same from everywhere.
enum AbsolutePath {
    /// - Throws: `Fault(.cannotWrite)` where the current folder is gone.
    static func of(_ path: String) throws(Fault) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        if path.hasPrefix("/") { return path }
        guard let here = getcwd(nil, 0) else { throw Fault.cannotWrite(path, errno) }
        defer { free(here) }
        return "\(String(cString: here))/\(path)"
    }
}
