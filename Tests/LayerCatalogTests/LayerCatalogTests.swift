import LayerCatalog
import Layers
import Testing

/// The list of kinds: complete, without doubles, and what others know kinds by.
@Suite struct LayerCatalogTests {
    @Test func eachKindHasAnExample() {
        let kinds = Set(Example.all.map { ObjectIdentifier($0.kind.entry) })
        for kind in LayerCatalog.all {
            #expect(kinds.contains(ObjectIdentifier(kind)), "\(kind) has no example in these tests")
        }
        #expect(kinds.count == LayerCatalog.all.count, "an example is not in the catalog")
    }

    @Test func kindsAreFoundByTheirNames() {
        for kind in LayerCatalog.all {
            #expect(LayerCatalog.kind(storedAs: kind.storedName) == kind)
            for name in kind.kerasClasses {
                #expect(LayerCatalog.kind(ofKerasClass: name, in: kind.kerasModule) == kind)
            }
        }
        #expect(LayerCatalog.kind(storedAs: "Dense") == nil)
        #expect(LayerCatalog.kind(ofKerasClass: "dense") == nil)
    }

    @Test func noTwoKindsHaveOneName() {
        let stored = LayerCatalog.all.map { $0.storedName }
        #expect(Set(stored).count == stored.count)
        let classes = LayerCatalog.all.flatMap { kind in kind.kerasClasses.map { "\(kind.kerasModule).\($0)" } }
        #expect(Set(classes).count == classes.count)
    }

    @Test func messagesListTheClassesInTheirOrder() {
        #expect(LayerCatalog.kerasClasses.hasPrefix("InputLayer, Dense, Conv2D, "))
        #expect(LayerCatalog.kerasClasses.contains(", Activation, ReLU, LeakyReLU, ELU, Softmax, ActivityRegularization, PReLU, "))
        #expect(LayerCatalog.kerasClasses.hasSuffix(", Concatenate"))
    }

    @Test func kindsAreEqualWhenTheirOptionsAre() {
        #expect(LayerKind.dropout(rate: 0.5) == .dropout(rate: 0.5))
        #expect(LayerKind.dropout(rate: 0.5) != .dropout(rate: 0.25))
        #expect(LayerKind.globalMaxPooling2D(keepDimensions: true) != .globalAveragePooling2D(keepDimensions: true))
        #expect(LayerKind.flatten == .flatten && LayerKind.flatten != .add)
        #expect(Set(Example.all.map(\.kind)).count == Example.all.count)
    }

    @Test func onlyDropoutIsSwitchedOff() {
        let without: [LayerKind: LayerKind] = [
            .dropout(rate: 0.25): .dropout(rate: 0),
            .dropout(rate: 0.5, noiseShape: [1, 1, 4]): .dropout(rate: 0, noiseShape: [1, 1, 4]),
            .spatialDropout2D(rate: 0.25): .spatialDropout2D(rate: 0),
            .stochasticDepth(rate: 0.25): .stochasticDepth(rate: 0),
            .gaussianNoise(deviation: 0.25): .gaussianNoise(deviation: 0),
            .gaussianDropout(rate: 0.25): .gaussianDropout(rate: 0),
        ]
        for example in Example.all { #expect(example.kind.withoutDropout() == without[example.kind] ?? example.kind) }
    }
}
