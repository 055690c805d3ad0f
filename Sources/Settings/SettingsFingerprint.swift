import Files

/// A short text that is the same for the same settings, in whatever order they are declared.
public enum SettingsFingerprint {
    /// The CRC-32 of the settings' JSON (keys sorted), as eight hexadecimal digits. Against oversight, not malice.
    public static func of(_ settings: some Encodable) throws -> String {
        var checksum = CRC32()
        Array(try JSONFile.text(of: settings).utf8).withUnsafeBytes { checksum.update($0) }
        return checksum.hexadecimal
    }
}
