/// How a score becomes a class. There is no other rule: counts, tables, figures and ensembles agree, also on scores
/// that round to the threshold.
///
/// With the threshold ½ it is Keras': `numpy.argmax` of two softmax outputs, where a tie is class 0, and
/// `BinaryAccuracy` of one sigmoid output.
public enum ThresholdRule {
    /// Whether a sample counts as a source; one whose score is not a number does not.
    public static func isSource(_ score: Float, above threshold: Float) -> Bool { score > threshold }

    /// The class: 0 noise, 1 source.
    public static func predictedClass(_ score: Float, above threshold: Float) -> Int {
        isSource(score, above: threshold) ? 1 : 0
    }
}
