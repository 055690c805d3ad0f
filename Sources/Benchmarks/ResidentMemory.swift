#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The resident memory of this process.
enum ResidentMemory {
    /// Resets the largest amount, where the system lets a process do that (Linux' `/proc/self/clear_refs`).
    static func resetPeak() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }

    /// The largest amount since `resetPeak`, in bytes (`VmHWM`); elsewhere since the process began (getrusage(2)).
    static func peak() -> Int {
        if let bytes = highWaterMark() { return bytes }
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return Int(usage.ru_maxrss) * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return Int(usage.ru_maxrss)
        #endif
    }

    private static func highWaterMark() -> Int? {
        guard let file = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split(whereSeparator: \.isWhitespace)
            if words.count >= 2, words[0] == "VmHWM:" { return Int(words[1]).map { $0 * 1024 } }
        }
        return nil
    }
}
