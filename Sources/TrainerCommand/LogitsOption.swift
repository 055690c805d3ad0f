import ArgumentParser

/// What a network without softmax or sigmoid at its end gives.
struct LogitsOption: ParsableArguments {
    @Flag(help: "The model of Keras ends in logits, without softmax or sigmoid; the fitting one is added.")
    var fromLogits = false
}
