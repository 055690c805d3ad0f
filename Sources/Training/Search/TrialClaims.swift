import Files

/// Which trials of a rung are taken: a file for each, which only one part of the ranks can make, so that each part takes
/// the next trial when it has done one. Parts may be on several hosts that share the folder.
struct TrialClaims {
    let folder: String
    let rung: Int

    private var closed: String { "\(folder)/closed" }

    /// Takes the first trial that nobody has taken.
    ///
    /// - Returns: nil where there is none left, or none is to be begun any more.
    /// - Throws: `Fault(.cannotWrite)`.
    func next(of trials: [Int]) throws -> Int? {
        for trial in trials {
            if FileAccess.exists(closed) { return nil }
            if try FileAccess.makeNewFile("\(folder)/\(rung)-\(trial)") { return trial }
        }
        return nil
    }

    /// Lets no trial be taken any more.
    func close() throws { _ = try FileAccess.makeNewFile(closed) }
}
