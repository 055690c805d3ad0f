import Settings
import TestSupport
import Testing

extension TrainerCommandTests {
    /// The promise of the program: the same bits from any number of ranks and threads.
    @Suite struct SameBitsTests {
        private let workspace: TemporaryFolder

        init() throws { workspace = try TemporaryFolder() }

        struct Layout: CustomStringConvertible {
            let ranks: Int
            let threads: Int
            var description: String { "\(ranks)×\(threads)" }
        }

        struct Recipe: CustomTestStringConvertible, Sendable {
            let name: String
            let options: String
            let layouts: [Layout]
            /// So many neighbouring ranks sum first; nil for those of the host.
            let ranksPerNode: Int?
            var testDescription: String { name }

            init(_ name: String, _ options: String, ranksPerNode: Int? = nil, _ layouts: [(Int, Int)]) {
                self.ranksPerNode = ranksPerNode
                self.name = name
                self.options = options
                self.layouts = layouts.map { Layout(ranks: $0, threads: $1) }
            }
        }

        /// 1000 stamps, of which 700 train in batches of 64 unless said otherwise: the last batch has 60.
        static let recipes = [
            Recipe(
                "simple, momentum",
                "\(Survey.plain) --optimizer momentum --learning-rate 0.05 --batch-size 64 --microbatch 8",
                [(1, 2), (2, 1), (3, 1), (4, 1), (2, 2), (5, 1)]),
            Recipe(
                "vgg6 with dropout, Adam", Survey.recipe, [(1, 2), (2, 1), (3, 1), (4, 1), (2, 2), (5, 1)]),
            Recipe(
                "simple-bn, Nesterov, one output",
                "\(Survey.plain)-bn --classes 1 --momentum 0.9 --nesterov --batch-size 64 --microbatch 8",
                [(1, 3), (3, 1)]),
            Recipe(
                "vgg6, augmented", "\(Survey.recipe) --normalize robust --augment all", [(1, 2), (3, 1), (2, 2)]),
            Recipe(
                "vgg6, prepared in every way, augmented",
                "\(Survey.recipe) --normalize standard --fill median --mask-channel --crop 15 --pad 24 --augment all",
                [(1, 2), (3, 1), (2, 2)]),
            Recipe(
                "AdamW with everything",
                "--model vgg6 --optimizer adamw --learning-rate 0.001 --normalize mean --batch-size 64 --microbatch 8"
                    + " --clip-norm 0.5 --schedule cosine --warmup 5steps --ema 0.9 --label-smoothing 0.1"
                    + " --class-weights balanced --early-stopping loss --reduce-on-plateau 0.5,1",
                [(1, 2), (3, 1), (2, 2)]),
            Recipe(
                "LAMB", "--model simple-bn --optimizer lamb --weight-decay 0.01 --batch-size 64 --microbatch 8",
                [(1, 3), (3, 1)]),
            Recipe(
                "two levels of ranks, clipped, with batch statistics",
                "--model simple-bn --optimizer adamw --clip-norm 0.5 --ema 0.9 --batch-size 64 --microbatch 8",
                ranksPerNode: 2, [(4, 1), (2, 2), (6, 1)]),
            Recipe(
                "frozen layers at the bottom and in the middle",
                "--model vgg6 --optimizer adamw --learning-rate 0.001 --clip-norm 0.5 --ema 0.9 --batch-size 64"
                    + " --microbatch 8 --freeze conv1,conv3,bn_*", ranksPerNode: 2, [(1, 3), (3, 1), (4, 1), (2, 2)]),
            Recipe(
                "gradients in bfloat16", "--model simple-bn --gradients bfloat16 --batch-size 64 --microbatch 8",
                ranksPerNode: 2, [(1, 3), (3, 1), (2, 2), (4, 1)]),
            Recipe(
                "until the ROC area is best",
                "\(Survey.recipe) --ema 0.9 --early-stopping val_roc_auc --patience 1", [(1, 2), (3, 1), (3, 2)]),
            Recipe(
                "until the average precision is best, one output",
                "--model simple --classes 1 --learning-rate 0.05 --batch-size 64 --microbatch 8"
                    + " --early-stopping val_average_precision --patience 1", [(1, 3), (3, 1)]),
            Recipe(
                "balanced classes in groups, weighted, with focal loss",
                "\(Survey.recipe) --sampling noise=0.8,source=0.2 --loss focal=2 --folds 4 --fold 2"
                    + " --group-by TABLE:object --sample-weights TABLE:weight", [(1, 2), (3, 1), (2, 2)]),
            Recipe("vgg6, one output", "\(Survey.recipe) --classes 1", [(2, 2)]),
            Recipe(
                "a last batch of 10 for 32 microbatches",
                "\(Survey.recipe) --microbatch 2 --split 0.65,0.15,0.2", [(1, 2), (3, 1)]),
            Recipe(
                "more lanes than microbatches", "--model simple --batch-size 32 --microbatch 16",
                [(1, 3), (5, 1), (2, 2)]),
            Recipe(
                "full batch", "--model vgg6 --batch-size full --normalize mean --microbatch 50", [(1, 2), (2, 1)]),
            Recipe("online", "--model simple --batch-size 1 --split 0.1,0.1,0.8", [(1, 2), (2, 1)]),
        ]

        @Test(arguments: recipes) func anyRanksAndThreadsGiveTheSameBits(_ recipe: Recipe) throws {
            let data = try Survey.shared().folder
            let table = try Survey.shared().table
            func result(_ layout: Layout) throws -> RunResult {
                let output = workspace.path("\(layout.ranks)-\(layout.threads)")
                try trained(
                    "train --data \(data) \(recipe.options.replacing("TABLE", with: table)) --epochs 2 --seed 5 --threads \(layout.threads)"
                        + (recipe.ranksPerNode.map { " --ranks-per-node \($0)" } ?? "") + " --output \(output)",
                    ranks: layout.ranks == 1 ? nil : layout.ranks)
                return try RunResult(output)
            }
            let alone = try result(Layout(ranks: 1, threads: 1))
            for layout in recipe.layouts {
                #expect(try result(layout).differences(from: alone) == [], "\(layout)")
            }
        }

        /// Sums over branches, batch statistics and small maps in a deep network: 24 stamps are enough to meet them
        /// all. With LAMB, whose norms are of more arrays than slices, in several buckets. With four ranks on two
        /// levels, in bfloat16.
        @Test(arguments: [
            ("", 2), ("--optimizer lamb --clip-norm 1 --ema 0.5 ", 2), ("--gradients bfloat16 --ranks-per-node 2 ", 4),
        ])
        func aDeepResidualNetworkGivesTheSameBits(_ options: String, ranks: Int) throws {
            let data = workspace.path("data")
            try trained("simulate --output \(data) --sources 12 --noise 12 --seed 1")
            func result(ranks: Int?, threads: Int) throws -> RunResult {
                let output = workspace.path("\(ranks ?? 1)-\(threads)")
                try trained(
                    "train --data \(data) --model resnet50 --epochs 1 --batch-size 16 --microbatch 4 --seed 3 \(options)"
                        + " --threads \(threads) --output \(output)", ranks: ranks)
                return try RunResult(output)
            }
            let alone = try result(ranks: nil, threads: 1)
            #expect(try result(ranks: nil, threads: 2).differences(from: alone) == [])
            #expect(try result(ranks: ranks, threads: 1).differences(from: alone) == [])
        }

        @Test func roundedSumsGiveOtherBits() throws {
            let survey = try Survey.shared()
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) --epochs 2 --threads 1 --gradients bfloat16"
                    + " --output \(workspace.path("run"))"
            )
            let differences = try RunResult(workspace.path("run")).differences(from: RunResult(survey.run()))
            #expect(differences.contains("model.safetensors"))
        }

        /// Without this, a program that always wrote the same would pass.
        @Test func anotherSeedGivesOtherBits() throws {
            let survey = try Survey.shared()
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) --epochs 2 --threads 1 --seed 1"
                    + " --output \(workspace.path("run"))"
            )
            let differences = try RunResult(workspace.path("run")).differences(from: RunResult(survey.run()))
            #expect(
                differences == [
                    "model.safetensors", "history.csv", "hashes.csv", "test_predictions.csv", "metrics.json",
                    "metrics.jsonl",
                ])
        }

        @Test(arguments: TestLauncher.installed, [1, 3])
        func everyLauncherGivesTheBitsOfNone(launcher: TestLauncher, ranks: Int) throws {
            let survey = try Survey.shared()
            try trained(
                "train --data \(survey.folder) \(Survey.recipe) --epochs 2 --threads 1"
                    + " --output \(workspace.path("run"))",
                ranks: ranks, launcher)
            #expect(try RunResult(workspace.path("run")).differences(from: RunResult(survey.run())) == [])
        }
    }
}
