import Communication
import Engine
import Files
import Layers
import Logging
import Metrics
import Models
import Settings
import StampLoading

/// Calibrates a trained network and chooses its threshold, on the validation set.
package struct Decision {
    let settings: DecisionSettings
    let network: Network
    let weights: Weights
    let validation: LabelledStamps
    let classNames: [String]
    let inference: Inference
    let group: any ProcessGroup
    let logger: Logger

    /// - Parameter classNames: those of the stamps.
    package init(
        settings: DecisionSettings, network: Network, weights: Weights, validation: LabelledStamps,
        classNames: [String], inference: Inference, group: any ProcessGroup, logger: Logger
    ) {
        self.settings = settings
        self.network = network
        self.weights = weights
        self.validation = validation
        self.classNames = classNames
        self.inference = inference
        self.group = group
        self.logger = logger
    }

    /// Divides the logits by the best temperature, if that is wanted, and chooses the threshold. Collective.
    ///
    /// - Returns: on all ranks the rule that goes into the model.
    package func fit() throws -> DecisionRule {
        guard settings != .standard else { return .standard }
        guard !validation.stamps.isEmpty else {
            warn("there is no stamp for validation, so probabilities and threshold are left as they are")
            return .standard
        }
        var rule = DecisionRule.standard
        if settings.calibrate { rule.temperature = try calibrate() }
        if settings.targetCompleteness != nil || settings.targetPurity != nil { rule.threshold = try chooseThreshold() }
        return rule
    }

    private func calibrate() throws -> Float {
        let logits = try inference.logits(of: validation)
        let temperature = try group.shared {
            Float(
                Temperature.fitted(network.loss, logits: logits!, outputs: network.outputs, labels: validation.labels))
        }
        guard network.divideLogits(of: weights, by: temperature) else {
            warn("the network does not end with a dense layer, so its probabilities are not calibrated")
            return 1
        }
        return temperature
    }

    private func warn(_ message: String) {
        if group.rank == 0 { logger.warning("\(message)") }
    }

    /// Called after calibration, as that changes probabilities.
    private func chooseThreshold() throws -> Float {
        let logits = try inference.logits(of: validation)
        return try group.shared {
            let set = network.testSet(labels: validation.labels, probabilities: network.probabilities(logits!))
            guard case .two(let samples) = set.usable else { preconditionFailure("a threshold of several classes") }
            return threshold(ThresholdSweep(samples))
        }
    }

    private func threshold(_ sweep: ThresholdSweep) -> Float {
        let words = TwoClassWords(classNames), noSource = words.areUsual ? "source" : words.sources
        if let completeness = settings.targetCompleteness {
            if let threshold = sweep.threshold(completeness: completeness) { return threshold }
            logger.warning(
                "the validation set has no \(noSource), so --target-completeness \(completeness) was ignored")
        }
        if let purity = settings.targetPurity {
            if let threshold = sweep.threshold(purity: purity) { return threshold }
            if let purest = sweep.purest {
                logger.warning(
                    """
                    no threshold reaches --target-purity \(purity) on the validation set; the one with the best \
                    purity, \(FormattedNumber.fixed(purest.purity, 4)), was taken
                    """)
                return purest.threshold
            }
            logger.warning("the validation set has no \(noSource), so --target-purity \(purity) was ignored")
        }
        return DecisionRule.standard.threshold
    }
}
