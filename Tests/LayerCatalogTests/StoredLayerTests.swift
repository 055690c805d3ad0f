import FoundationEssentials
import LayerCatalog
import Testing

/// Kinds as model files hold them: the texts stand in files that must be read for ever.
@Suite struct StoredLayerTests {
    private func decoded(_ json: String) throws -> LayerKind {
        try JSONDecoder().decode(LayerKind.self, from: Data(json.utf8))
    }

    @Test(arguments: Example.all) func aKindIsStoredUnderItsName(example: Example) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(example.kind), as: UTF8.self) == example.json)
        #expect(try decoded(example.json) == example.kind)
    }

    @Test func whatNobodyKnowsIsLeftOut() throws {
        #expect(try decoded(#"{"dropout":{"rate":0.5,"more":1},"later":{}}"#) == .dropout(rate: 0.5))
    }

    @Test(arguments: [
        #"{}"#, #"{"later":{}}"#, #"{"flatten":{},"add":{}}"#, #"{"flatten":3}"#, #"{"flatten":null}"#, #""flatten""#,
        #"{"Flatten":{}}"#, #"{"dropout":{}}"#, #"{"dropout":{"rate":"x"}}"#, #"{"dropout":{"rate":1e39}}"#,
        #"{"dense":{"units":3,"activation":{"relu":{}}}}"#, #"{"activation":{"relu":{}}}"#,
    ])
    func anythingElseIsNotDecoded(json: String) {
        #expect(throws: DecodingError.self) { try decoded(json) }
    }
}
