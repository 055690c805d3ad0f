import Metrics
import Settings
import Testing

@testable import Reports

/// What is told of a model that is no better than what needs no training.
@Suite struct ShortfallTests {
    /// Metrics of stamps of which class 0 has `noise` and class 1 `sources`, and of which the model finds some.
    private func metrics(noise: (all: Int, right: Int), sources: (all: Int, right: Int)) -> TestMetrics {
        let samples = [(0, noise), (1, sources)].flatMap { label, counts in
            (0..<counts.all).map { number in
                let predicted = number < counts.right ? label : 1 - label
                return SamplePrediction(
                    index: label * noise.all + number, trueClass: label, predictedClass: predicted,
                    probability: predicted == 1 ? 0.9 : 0.1, loss: 0)
            }
        }
        return .two(ClassificationMetrics(samples))
    }

    /// The larger class has 6 of 10 stamps: an accuracy of 0.6 is that of calling all of them by its name.
    @Test(arguments: [
        (6, 0, true), (0, 4, true), (4, 2, true), (3, 3, true), (6, 1, false), (4, 3, false), (6, 4, false),
    ])
    func theLargestClassIsNamed(noise: Int, sources: Int, falls: Bool) {
        let shortfall = Shortfall(metrics(noise: (6, noise), sources: (4, sources)), settings: nil)
        #expect((shortfall != nil) == falls)
        if let shortfall {
            #expect(
                shortfall.problem
                    == "is no better than calling every stamp noise (accuracy 0.\(noise + sources)000 against 0.6000)")
        }
    }

    @Test func stampsOfOneClassAloneTellNothing() {
        #expect(Shortfall(metrics(noise: (6, 3), sources: (0, 0)), settings: nil) == nil)
    }

    @Test func theLargestOfSeveralClassesIsNamed() {
        let predictions = ClassPredictions(
            classes: 3, indices: [0, 1, 2, 3], trueClasses: [0, 1, 1, 2],
            probabilities: [0.8, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1, 0.8, 0.1, 0.8, 0.1, 0.1])
        let names = ["star", "galaxy\u{7}", "trail"]
        let shortfall = Shortfall(.several(ClassMetrics(predictions, classNames: names)), settings: nil)
        #expect(shortfall?.problem.hasSuffix("(accuracy 0.5000 against 0.5000)") == true)
        #expect(shortfall?.problem.contains("stamp galaxy") == true && shortfall?.problem.contains("\u{7}") == false)
    }

    @Test func theMatchedFilterCountsByItsArea() {
        let good = metrics(noise: (6, 6), sources: (4, 4))
        func shortfall(_ model: Double, _ filter: Double) -> Shortfall? {
            Shortfall(good, settings: nil, rocAreas: (model, filter))
        }
        #expect(shortfall(0.991, 0.99) == nil)
        #expect(
            shortfall(0.9, 0.95)?.problem == "is no better than a matched filter (ROC area 0.9000 against 0.9500)")
        let both = Shortfall(metrics(noise: (6, 0), sources: (4, 4)), settings: nil, rocAreas: (0.5, 0.5))
        #expect(both?.problem.contains("0.6000) and than a matched filter") == true)
    }

    /// What helps depends on what was done.
    @Test func theNotebooksSettingsAreToldOfTheOthers() {
        let poor = metrics(noise: (6, 6), sources: (4, 0))
        for (recipe, isNamed) in [(Recipe.notebook, true), (.survey, false), (.kbmod, false)] {
            let shortfall = Shortfall(poor, settings: TrainingSettings(recipe: recipe))
            #expect(shortfall?.remedy.contains("--recipe survey") == isNamed, "\(recipe)")
        }
    }
}
