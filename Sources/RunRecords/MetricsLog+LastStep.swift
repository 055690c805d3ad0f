import Files
import FoundationEssentials

extension MetricsLog {
    /// The last row of steps near the end of the file, also where the end of an epoch stands behind it; nil where there
    /// is none.
    ///
    /// Only its end is read: the file of a long run is large, and may be read every second.
    public static func lastStep(in path: String) -> StepRow? {
        guard let file = try? RangedFile.regular(path), let bytes = try? file.suffix(1 << 16) else { return nil }
        for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() {
            guard let row = try? JSONFile.decoder.decode(StepRow.self, from: Data(line)), row.isPossible else {
                continue
            }
            return row
        }
        return nil
    }
}
