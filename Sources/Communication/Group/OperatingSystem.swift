#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The machine's name (`gethostname`).
func currentHostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return text(ofC: name)
}

/// The text of C characters up to the first that is zero.
func text(ofC characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Writes one line to standard error in a single system call, so that lines of several ranks never mix.
func writeToStandardError(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// Flushes what was printed and ends this process.
func endProcess(exitCode: Int32) -> Never {
    exit(exitCode)
}

/// Flushes what was printed.
func flushOutput() {
    fflush(nil)
}

/// Suspends the calling thread.
func pause(milliseconds: UInt32) {
    usleep(milliseconds * 1000)
}
