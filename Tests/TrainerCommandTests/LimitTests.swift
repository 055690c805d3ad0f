import Foundation
import TestSupport
import Testing

/// Whether there is a compiler for a library that stands between the program and the system.
private let canCompile = (try? shell(script: "cc --version").status) == 0

extension TrainerCommandTests {
    /// What a system that grants little (ulimit) does to the program: one line, and never an endless wait or a trap.
    @Suite struct LimitTests {
        private let workspace: TemporaryFolder
        private let survey: Survey
        private let program: String
        private let run: String

        init() throws {
            workspace = try TemporaryFolder()
            survey = try Survey.shared()
            program = try path(ofProgram: "swift-run-trainer")
            run = workspace.path("run")
        }

        private func training(_ options: String) -> String {
            "train --data \(survey.folder) --epochs 1 --no-report --quiet --output \(run) \(options)"
        }

        private func limited(_ limit: String, _ line: String) throws -> ProgramOutcome {
            try shell(script: "ulimit \(limit); exec \(program) \(line)")
        }

        /// A library that lets the program start only so many threads, as `ulimit -u` does for other users than root.
        private func refusingThreads() throws -> String {
            let source = """
                #define _GNU_SOURCE
                #include <dlfcn.h>
                #include <errno.h>
                #include <pthread.h>
                #include <stdatomic.h>
                #include <stdlib.h>
                static atomic_int started;
                int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *x) {
                    if (atomic_fetch_add(&started, 1) >= atoi(getenv("THREADS"))) return EAGAIN;
                    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
                    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
                    return create(t, a, f, x);
                }
                """
            try write(Array(source.utf8), to: workspace.path("threads.c"))
            let library = workspace.path("threads.so")
            let compiled = try shell(script: "cc -shared -fPIC -o \(library) \(workspace.path("threads.c")) -ldl")
            try #require(compiled.status == 0, "\(compiled.standardError)")
            return library
        }

        /// Two lanes more, and one that writes checkpoints; or one that reads stamps ahead.
        @Test(
            .enabled(if: canCompile, "needs a C compiler"),
            arguments: [("--threads 3", 3), ("--threads 1 --memory 100K", 2)])
        func aThreadThatIsRefusedIsAnError(options: String, needed: Int) throws {
            let library = try refusingThreads()
            let line = training("--model simple --batch-size 64 --microbatch 8 \(options)")
            for threads in 0..<needed {
                let outcome = try shell(script: "THREADS=\(threads) LD_PRELOAD=\(library) exec \(program) \(line)")
                let error = outcome.errorLines.last ?? ""
                #expect(outcome.status == 71 && outcome.errorLines(saying: "error: ") == 1, "\(outcome.standardError)")
                #expect(error.hasPrefix("error: ") && error.contains("thread") && error.contains("ulimit -u"))
            }
            let outcome = try shell(script: "THREADS=\(needed) LD_PRELOAD=\(library) exec \(program) \(line)")
            #expect(outcome.status == 0, "\(outcome.standardError)")
        }

        /// OpenBLAS starts none, and what only goes faster with more threads goes without.
        @Test(.enabled(if: canCompile, "needs a C compiler"))
        func whatNeedsNoThreadsStartsNone() throws {
            let library = try refusingThreads()
            for line in [
                "summary --model vgg6", "simulate --sources 9 --noise 9 --output \(workspace.path("data"))",
                "evaluate --run \(try survey.run()) --threads 1 --bootstrap 20",
            ] {
                let outcome = try shell(script: "THREADS=0 LD_PRELOAD=\(library) exec \(program) \(line)")
                #expect(outcome.status == 0 && outcome.standardError == "", "\(line): \(outcome.standardError)")
            }
        }

        /// From too little for the threads' matrix products to more than enough, in kilobytes.
        @Test(arguments: [300_000, 400_000, 500_000, 600_000, 700_000, 4_000_000])
        func memoryThatIsRefusedIsAnError(limit: Int) throws {
            let outcome = try limited(
                "-v \(limit)", training("--model resnet50 --batch-size 8 --microbatch 4 --threads 2"))
            if limit == 4_000_000 {
                #expect(outcome.status == 0, "\(outcome.standardError)")
            } else {
                expectError(outcome, 71, saying: "memory: the system refuses ", "ulimit -v")
            }
        }

        /// In blocks of 512 bytes.
        @Test func aFileThatMayNotGrowIsAnError() throws {
            let model = "\(try survey.run())/model.safetensors"
            for line in [
                "simulate --sources 500 --noise 500 --output \(workspace.path("data"))",
                "convert --model \(model) --output \(workspace.path("model.onnx"))",
                "convert --model \(model) --output \(workspace.path("model.safetensors"))",
            ] {
                expectError(try limited("-f 20", line), 74, saying: "cannot be written (File too large)")
            }
            let outcome = try limited("-f 20", training("--model vgg6 --threads 1"))
            #expect(outcome.status == 74)
            #expect(outcome.errorLines.last?.contains("cannot be written (File too large); ") == true)
            #expect(outcome.errorLines.dropLast().allSatisfy { $0.hasSuffix("; training goes on") })
        }

        /// Stamps of 200×200 pixels need more than this stack has, in kilobytes.
        @Test func aSmallStackIsEnough() throws {
            let data = workspace.path("data")
            for line in [
                "simulate --sources 20 --noise 20 --size 200 --output \(data)",
                "train --data \(data) --model simple --batch-size 8 --threads 1 --epochs 1 --recipe survey --quiet"
                    + " --split 0.5,0.25,0.25 --output \(run)",
                "evaluate --model \(run) --data \(data) --matched-filter --bootstrap 10",
            ] {
                let outcome = try limited("-s 256", line)
                #expect(outcome.status == 0, "\(line): \(outcome.standardError)")
            }
        }
    }
}
