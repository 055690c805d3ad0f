import Faults
import Foundation
import TestSupport
import Testing

@testable import Tuning

@Suite struct SearchSpaceTests {
    private static let options = ["learning-rate", "optimizer", "dropout", "patience", "batch-size", "label-smoothing"]

    private func space(_ text: String) throws -> SearchSpace {
        let folder = try TemporaryFolder()
        try write(Array(text.utf8), to: folder.path("space.toml"))
        return try SearchSpace(contentsOf: folder.path("space.toml"), options: Self.options)
    }

    @Test func aFileNamesValuesOfOptions() throws {
        let space = try space(
            """
            # a comment
            learning-rate = { from = 1e-4, to = 1e-1, scale = "log" }
            optimizer = ["sgd", "adam"]
            dropout = [true, false]
            batch-size = { from = 16, to = 256, scale = "log" }

            [label-smoothing]
            from = 0
            to = 0.25

            [patience]
            from = 2
            to = 4
            scale = "linear"
            """)
        #expect(
            space.dimensions == [
                .init(option: "batch-size", values: .integers(from: 16, to: 256, isLogarithmic: true)),
                .init(option: "dropout", values: .choices([.flag(true), .flag(false)])),
                .init(option: "label-smoothing", values: .numbers(from: 0, to: 0.25, isLogarithmic: false)),
                .init(option: "learning-rate", values: .numbers(from: 1e-4, to: 0.1, isLogarithmic: true)),
                .init(option: "optimizer", values: .choices([.text("sgd"), .text("adam")])),
                .init(option: "patience", values: .integers(from: 2, to: 4, isLogarithmic: false)),
            ])
    }

    @Test(arguments: [
        ("", "names no option"), ("learning-rate = ", "line 1"), ("learning-rate = 0.1", "neither a list"),
        ("lerning-rate = [1]", "did you mean learning-rate?"), ("lr = [1]", "did you mean learning-rate?"),
        ("unheard = [1]", "without their dashes"), ("optimizer = []", "empty list"),
        ("optimizer = [\"sgd\", \"sgd\"]", "sgd twice"), ("optimizer = [[1]]", "neither text, number"),
        ("patience = { from = 2 }", "without to"), ("patience = { to = 2 }", "without from"),
        ("patience = { from = 2, to = 2 }", "from 2 to 2"), ("patience = { from = 2, to = 1, }", "line 1"),
        ("learning-rate = { from = 0.1, to = 0.01 }", "from 0.1 to 0.01"),
        ("learning-rate = { from = 0.0, to = 0.1, scale = \"log\" }", "begins at 0.0"),
        ("patience = { from = 0, to = 5, scale = \"log\" }", "begins at 0"),
        ("learning-rate = { from = 0.1, to = 0.2, scale = \"cubic\" }", "neither \"log\" nor"),
        ("learning-rate = { from = 0.1, to = 0.2, steps = 3 }", "has steps"),
        ("learning-rate = { from = \"a\", to = 0.2 }", "no numbers"),
        ("learning-rate = { from = -inf, to = 0.2 }", "no numbers"),
        ("learning-rate = { from = -1e308, to = 1e308 }", "goes from"),
        ("patience = { from = 0, to = 9223372036854775807 }", "beyond 2^53"), ("a\0 = 1", "no text"),
    ])
    func whatCannotBeIsNamed(_ text: String, _ words: String) throws {
        #expect {
            _ = try space(text)
        } throws: { error in
            guard let fault = error as? Fault else { return false }
            return fault.description.contains(words) && !fault.description.contains("\n") && fault.kind == .badData
        }
    }

    @Test func aFileThatIsNotThereIsMissing() {
        #expect {
            _ = try SearchSpace(contentsOf: "/nowhere.toml", options: [])
        } throws: {
            ($0 as? Fault)?.kind == .missingInput
        }
    }

    private func drawn(_ values: SearchSpace.Values, _ count: Int = 4000) -> [Double] {
        let space = SearchSpace([.init(option: "a", values: values)])
        return (1...count).map { Double(space.values(seed: 7, trial: $0).texts[0])! }
    }

    /// Each quarter of the range has a quarter of the values: the standard deviation of its share is 0.007.
    @Test(arguments: [false, true])
    func numbersAreUniformOnTheirScale(_ isLogarithmic: Bool) {
        let values = SearchSpace.Values.numbers(from: 0.001, to: 10, isLogarithmic: isLogarithmic)
        let all = drawn(values)
        #expect(all.allSatisfy { (0.001...10).contains($0) })
        for quarter in 0..<4 {
            let share =
                Double(
                    all.count { value in
                        let place = isLogarithmic ? (log10(value) + 3) / 4 : (value - 0.001) / 9.999
                        return Int(place * 4) == quarter
                    }) / Double(all.count)
            #expect(abs(share - 0.25) < 0.035)
        }
    }

    @Test func wholeNumbersReachBothEnds() {
        let linear = drawn(.integers(from: -2, to: 2, isLogarithmic: false))
        #expect(Set(linear) == [-2, -1, 0, 1, 2])
        #expect((-2...2).allSatisfy { number in abs(linear.count { $0 == Double(number) } - 800) < 130 })
        let logarithmic = drawn(.integers(from: 1, to: 7, isLogarithmic: true))
        #expect(Set(logarithmic) == [1, 2, 3, 4, 5, 6, 7])
        // log 2 / log 8 of them are 1.
        #expect(abs(logarithmic.count { $0 == 1 } - 1333) < 150)
    }

    /// Rounded to four digits a number may lie outside of a narrow range.
    @Test func roundedNumbersStayInTheRange() {
        #expect(
            drawn(.numbers(from: 1.00001, to: 1.00002, isLogarithmic: false)).allSatisfy {
                (1.00001...1.00002).contains($0)
            })
    }

    @Test func aTrialDependsOnTheSeedAndItsNumberAlone() throws {
        let space = try space("learning-rate = { from = 1e-4, to = 1e-1, scale = \"log\" }\noptimizer = [\"a\", \"b\"]")
        #expect(space.values(seed: 1, trial: 3) == space.values(seed: 1, trial: 3))
        #expect(Set((1...50).map { space.values(seed: 1, trial: $0) }).count > 45)
        #expect(space.values(seed: 1, trial: 3) != space.values(seed: 2, trial: 3))
    }

    @Test func placesAreFromZeroToOneOnTheScale() {
        let numbers = SearchSpace.Values.numbers(from: 0.01, to: 100, isLogarithmic: true)
        #expect(abs(numbers.place(of: .text("1"))! - 0.5) < 1e-12 && numbers.place(of: .text("0.01")) == 0)
        let choices = SearchSpace.Values.choices([.text("a"), .text("b"), .flag(true)])
        #expect(choices.place(of: .text("b")) == 0.5 && choices.place(of: .flag(true)) == 1)
        #expect(choices.place(of: .text("c")) == nil)
    }
}
