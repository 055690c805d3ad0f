import Files
import FoundationEssentials

extension MetricsLog {
    /// The last steps in the file, if the last of its lines are of steps; nil otherwise.
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
