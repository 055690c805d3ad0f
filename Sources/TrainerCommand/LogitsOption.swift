import ArgumentParser

/// What a network without softmax or sigmoid at its end gives.
struct LogitsOption: ParsableArguments {
    @Flag(help: "A model of Keras that ends without softmax or sigmoid gives logits, of which one is taken.")
    var fromLogits = false
}
