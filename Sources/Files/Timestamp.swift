import Glibc

/// A moment as text: ISO 8601 in local time, with its offset from universal time: `2026-03-01T14:05:09+0100`.
package enum Timestamp {
    /// Now.
    package static var now: String { text(time(nil)) }

    /// - Parameter seconds: since 1970.
    package static func text(_ seconds: time_t) -> String {
        var seconds = seconds
        var parts = tm()
        localtime_r(&seconds, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 40) { text in
            strftime(text.baseAddress!, text.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
            return String(cString: text.baseAddress!)
        }
    }
}
