import Foundation
import TestSupport
import Testing

/// One job at a time: each has as many processes as it has ranks.
@Suite(.serialized) struct MPIProcessGroupTests {
    private func launch(
        _ ranks: Int, _ arguments: String, _ launcher: TestLauncher = .usual, environment: [String: String] = [:]
    ) throws -> ProgramOutcome {
        try mpirun(
            launcher, ranks: ranks, program: "ProcessGroupProgram",
            arguments: arguments.split(separator: " ").map(String.init), environment: environment)
    }

    @Test(arguments: TestLauncher.installed, [1, 2, 3, 5])
    func everyOperationGivesWhatTheRanksSent(launcher: TestLauncher, ranks: Int) throws {
        let outcome = try launch(ranks, "operations", launcher)
        #expect(outcome.standardError == "")
        #expect(outcome.status == 0)
    }

    @Test func everyOperationWorksWithoutALauncher() throws {
        let outcome = try run(program: "ProcessGroupProgram", arguments: ["operations"])
        #expect(outcome.standardError == "")
        #expect(outcome.status == 0)
    }

    @Test(arguments: TestLauncher.installed, [1, 3])
    func messagesBeyondOneCallAreMovedInPieces(launcher: TestLauncher, ranks: Int) throws {
        let outcome = try launch(ranks, "long-messages", launcher)
        #expect(outcome.standardError == "")
        #expect(outcome.status == 0)
    }

    private func reduce(_ problem: String, format: Int, lanes: Int) throws -> ProgramOutcome {
        try run(
            program: "ProcessGroupProgram",
            arguments: "reduce \(format) 1 \(problem) \(lanes)".split(separator: " ").map(String.init))
    }

    /// Microbatches (fewer than ranks, odd, many), parameters (fewer than ranks have cache lines, odd, many blocks).
    @Test(arguments: ["1 40", "3 1000", "13 25458", "16 4001", "37 5000"], [32, 16])
    func theReducedBitsAreTheSameForAnyRanksAndLanes(problem: String, format: Int) throws {
        let alone = try reduce(problem, format: format, lanes: 1)
        #expect(alone.status == 0)
        #expect(!alone.standardOutput.isEmpty)
        for launcher in TestLauncher.installed {
            for (ranks, lanes) in [(1, 3), (2, 1), (3, 2), (5, 1)] {
                let outcome = try launch(ranks, "reduce \(format) 1 \(problem) \(lanes)", launcher)
                #expect(outcome.status == 0, "\(outcome.standardError)")
                #expect(outcome.standardOutput == alone.standardOutput, "\(launcher), \(ranks) ranks × \(lanes)")
            }
        }
    }

    /// Nodes of two and three ranks, nodes that are cut into levels themselves (20 = 4 × 5), and a number of
    /// ranks per node that does not divide them.
    @Test(arguments: [(4, 2), (6, 3), (6, 2), (20, 20), (6, 4)], [32, 16])
    func levelsOfRanksDoNotChangeTheReducedBits(ranks: (count: Int, perNode: Int), format: Int) throws {
        for problem in ["1 40", "13 3001", "37 5000"] {
            let alone = try reduce(problem, format: format, lanes: 1)
            #expect(alone.status == 0, "\(alone.standardError)")
            // Twenty ranks take long to start: one launcher is enough for them.
            for launcher in ranks.count == 20 ? [.usual] : TestLauncher.installed {
                let outcome = try launch(
                    ranks.count, "reduce \(format) \(ranks.perNode) \(problem) 2 16 7", launcher)
                #expect(outcome.status == 0, "\(outcome.standardError)")
                #expect(outcome.standardOutput == alone.standardOutput, "\(launcher), \(problem)")
            }
        }
    }

    /// Buckets of odd sizes, smaller than one cache line for each rank (some slices are then empty), and of one
    /// parameter.
    @Test(arguments: ["13 5000 1000 37 16 1 900", "5 3000 100 2900", "3 50 7 20 23"])
    func bucketsDoNotChangeTheReducedBits(problem: String) throws {
        let numbers = problem.split(separator: " ").map(String.init)
        let whole = try reduce(numbers.prefix(2).joined(separator: " "), format: 32, lanes: 1)
        #expect(whole.status == 0, "\(whole.standardError)")
        for (ranks, lanes) in [(1, 2), (2, 3), (3, 1), (5, 2)] {
            let sizes = numbers.dropFirst(2).joined(separator: " ")
            let outcome = try launch(ranks, "reduce 32 1 \(numbers[0]) \(numbers[1]) \(lanes) \(sizes)")
            #expect(outcome.status == 0, "\(outcome.standardError)")
            #expect(outcome.standardOutput == whole.standardOutput, "\(ranks) ranks of \(lanes) lanes")
        }
    }

    @Test(arguments: TestLauncher.installed)
    func anAgreedFaultEndsAllWithOneMessage(launcher: TestLauncher) throws {
        let some = try launch(3, "agree 2 1", launcher)
        #expect(some.status == 65)
        let host = try #require(some.standardError.firstMatch(of: /\(rank 1 on (.+?)\)/)).output.1
        #expect(
            some.standardError
                == "error: stamps-1.npy (rank 1 on \(host)): holds no stamps; give another file\n")
    }

    @Test(arguments: TestLauncher.installed)
    func aFaultInTheMidstOfThingsEndsAllWithOneMessage(launcher: TestLauncher) throws {
        for failing in ["0", "2", "1 2", "0 1 2"] {
            let outcome = try launch(3, "fail \(failing)", launcher)
            #expect(outcome.status == 65)
            let lines = outcome.standardError.split(separator: "\n")
            #expect(lines.count == 1, "\(outcome.standardError)")
            #expect(
                outcome.standardError.hasPrefix("error: stamps-\(failing.prefix(1)).npy (rank \(failing.prefix(1)) "))
        }
    }

    @Test(arguments: TestLauncher.installed)
    func aFaultOfAllRanksIsReportedOnce(launcher: TestLauncher) throws {
        let outcome = try launch(4, "usage", launcher)
        #expect(outcome.status == 64)
        #expect(outcome.standardError == "error: --epochs: -1 is not a number of epochs; give 0 or more\n")
        let alone = try run(program: "ProcessGroupProgram", arguments: ["usage"])
        #expect(alone.status == 64)
        #expect(alone.standardError == outcome.standardError)
    }

    /// The others wait in a barrier; that the job ends at all is the claim, and mpirun says who died.
    @Test(arguments: TestLauncher.installed)
    func aRankThatLeavesWithoutAWordEndsAll(launcher: TestLauncher) throws {
        let left = try launch(3, "exit 1", launcher)
        #expect(launcher.mayReturn(left.status, ofRankThatLeft: 3))
        let killed = try launch(3, "kill 2", launcher)
        #expect(killed.status == launcher.status(ofSignal: SIGKILL))
        // Hydra tells the process and its host only, and on standard output.
        let told = killed.standardError + killed.standardOutput
        #expect(told.contains(launcher == .openMPI ? "rank 2" : "Killed (signal 9)"))
    }

    @Test(arguments: TestLauncher.installed)
    func ranksThatStopAnsweringEndTheJobAndAreNamed(launcher: TestLauncher) throws {
        let one = try launch(3, "stop 2 2", launcher)
        #expect(one.status == 70)
        #expect(
            one.standardError.contains(
                /^error: rank 2 on \S+: has not answered for 2 seconds \(rank 0 on \S+ waits in MPI_Barrier\); .+\n$/))
        let last = try launch(3, "stop-last 2 1", launcher)
        #expect(last.status == 70)
        #expect(last.standardError.contains("rank 1 on "), "\(last.standardError)")
        let several = try launch(4, "stop 2 0 2", launcher)
        #expect(several.status == 70)
        #expect(
            several.standardError.contains(
                /^error: rank 0 on \S+, rank 2 on \S+: have not answered for 2 seconds \(rank 1 on \S+ waits .+\n$/))
    }

    @Test(arguments: TestLauncher.installed, [(4, 2), (6, 3), (3, 1), (3, 3)])
    func partsWorkByThemselvesAndWaitForEachOther(launcher: TestLauncher, parts: (ranks: Int, part: Int)) throws {
        let outcome = try launch(parts.ranks, "parts \(parts.part)", launcher)
        #expect(outcome.standardError == "")
        #expect(outcome.status == 0)
    }

    @Test(arguments: TestLauncher.installed)
    func aRankThatStopsInItsPartIsNamedAsAmongAll(launcher: TestLauncher) throws {
        let outcome = try launch(4, "stop-in-part 2 2 3", launcher)
        #expect(outcome.status == 70)
        #expect(
            outcome.standardError.contains(
                /^error: rank 3 on \S+: has not answered for 2 seconds \(rank 2 on \S+ waits in MPI_Barrier\); .+\n$/),
            "\(outcome.standardError)")
    }

    @Test(arguments: TestLauncher.installed, [(4, 2, 3), (3, 1, 1)])
    func aFaultOfAPartEndsAllWithOneMessage(
        launcher: TestLauncher, parts: (ranks: Int, part: Int, failing: Int)
    ) throws {
        let outcome = try launch(parts.ranks, "fail-in-part \(parts.part) \(parts.failing)", launcher)
        #expect(outcome.status == 65)
        #expect(
            outcome.standardError.contains(/^error: stamps-[0-9]+.npy \(rank .+: holds no stamps; .+\n$/),
            "\(outcome.standardError)")
    }

    @Test(arguments: TestLauncher.installed, [0, 2])
    func aRankThatComesLateIsWaitedFor(launcher: TestLauncher, late: Int) throws {
        let outcome = try launch(3, "late 4 \(late)", launcher)
        #expect(outcome.standardError == "")
        #expect(outcome.status == 0)
    }

    /// As when an mpirun of another MPI library starts the program: nobody may train alone on the same files.
    @Test(.enabled(if: TestLauncher.installed.contains(.mpich), "needs MPICH"))
    func processesThatMPIDoesNotSeeAreRefused() throws {
        let folder = try TemporaryFolder()
        // The system names a script after its file.
        let launcher = folder.path("mpiexec.hydra")
        let program = try path(ofProgram: "ProcessGroupProgram")
        try write(Array("#!/bin/sh\nPMI_SIZE=4 PMI_RANK=$1 \(program) operations\n".utf8), to: launcher)
        let first = try shell(script: "chmod +x \(launcher) && \(launcher) 0")
        #expect(first.status == 64)
        #expect(first.standardError.contains("started 4 processes, of which MPI sees 1"))
        let other = try shell(script: "\(launcher) 1")
        #expect(other.status == 64)
        #expect(other.standardError == "")
    }

    @Test(arguments: [
        ("openmpi", 0, nil), ("mvapich9", 64, "give one of openmpi, mpich, or the path of a library"),
        ("/no/libmpi.so.40", 64, "/no/libmpi.so.40 cannot be opened as an MPI library"),
        ("/usr/lib/x86_64-linux-gnu/libz.so.1", 64, "the library has no MPI_"),
    ])
    func aVariableChoosesTheLibrary(value: String, status: Int32, words: String?) throws {
        let outcome = try launch(1, "operations", .openMPI, environment: ["SWIFT_RUN_TRAINER_MPI": value])
        #expect(outcome.status == status)
        if let words { #expect(outcome.standardError.contains(words), "\(outcome.standardError)") }
    }

    @Test func aLibraryOfAnotherImplementationIsNotTaken() throws {
        let outcome = try launch(2, "operations", .openMPI, environment: ["SWIFT_RUN_TRAINER_MPI": "mpich"])
        // MPICH does not see what Open MPI's mpirun has started.
        #expect(outcome.status == (TestLauncher.installed.contains(.mpich) ? 64 : 69))
        #expect(outcome.standardError.contains("mpirun: started "), "\(outcome.standardError)")
    }

    @Test func aProgramThatHangsIsKilled() throws {
        #expect(throws: ProgramFailure.self) {
            _ = try mpirun(ranks: 2, program: "ProcessGroupProgram", arguments: ["hang"], timeout: 2)
        }
    }
}
