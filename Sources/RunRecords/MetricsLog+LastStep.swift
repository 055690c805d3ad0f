import Files
import FoundationEssentials

extension MetricsLog {
    /// The last row of steps near the end of the file, also where the end of an epoch stands behind it; nil where there
    /// is none.
    ///
    /// Only its end is read: the file of a long run is large, and may be read every second.
    public static func lastStep(in path: String) -> StepRow? {
        lines(ofLast: 1 << 16, in: path).reversed().lazy.compactMap(step).first
    }

    /// The last rows of steps, some ten thousand at most, the first one first; none where the file is not there.
    public static func lastSteps(in path: String) -> [StepRow] {
        lines(ofLast: 1 << 22, in: path).compactMap(step)
    }

    private static func lines(ofLast bytes: Int, in path: String) -> [ArraySlice<UInt8>] {
        guard let file = try? RangedFile.regular(path), let end = try? file.suffix(bytes) else { return [] }
        return end.split(separator: UInt8(ascii: "\n"))
    }

    /// nil for a line of something else, or a part of one.
    private static func step(_ line: ArraySlice<UInt8>) -> StepRow? {
        guard let row = try? JSONFile.decoder.decode(StepRow.self, from: Data(line)), row.isPossible else { return nil }
        return row
    }
}
