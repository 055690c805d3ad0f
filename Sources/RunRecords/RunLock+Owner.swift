import Files
import Glibc

extension RunLock {
    /// Who holds a folder.
    public struct Owner: Hashable, Sendable {
        public let process: Int
        public let host: String

        /// Whether there is such a process on this machine (kill(2) without a signal).
        public var isThere: Bool { kill(pid_t(truncatingIfNeeded: process), 0) == 0 || errno == EPERM }
    }

    /// Who holds a folder, or held it and died: a process that ends otherwise removes what names it. Nil for nobody.
    public static func owner(ofFolder folder: String) -> Owner? {
        guard let bytes = try? FileAccess.read(file(ofFolder: folder), most: 4096),
            let match = String(decoding: bytes, as: UTF8.self).firstMatch(of: /^process ([0-9]+) on ([^\n]+)\n/),
            let process = Int(match.1)
        else { return nil }
        return Owner(process: process, host: String(match.2))
    }
}
