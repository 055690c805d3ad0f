import Reports
import Testing

@Suite struct RunComparisonTests {
    @Test func valuesStandBesideTheirNamesWhateverARunLacks() {
        let rows = RunComparison.rows([
            [("model", "vgg6"), ("seed", "0")],
            [("model", "simple"), ("augmentation", "all"), ("gradients", "float32"), ("seed", "1")],
            [("seed", "2"), ("memory", "1G")],
        ])
        #expect(
            rows == [
                ["model", "vgg6", "simple", "–"], ["augmentation", "–", "all", "–"],
                ["gradients", "–", "float32", "–"], ["seed", "0", "1", "2"], ["memory", "–", "–", "1G"],
            ])
    }

    @Test func theOrderOfTheRunsDoesNotMatter() {
        let (few, many) = (
            [("model", "vgg6"), ("seed", "0")], [("decision", "x"), ("model", "simple"), ("seed", "0")]
        )
        #expect(RunComparison.rows([few, many]).map { $0[0] } == ["decision", "model", "seed"])
        #expect(RunComparison.rows([many, few]).map { $0[0] } == ["decision", "model", "seed"])
    }
}
