@testable import Communication
import Faults
import TestSupport
import Testing

@Suite struct LauncherTests {
    @Test func aProcessStartedOnItsOwnHasNoLauncher() {
        #expect(Launcher(environment: [:]) == nil)
        #expect(Launcher(environment: ["PATH": "/usr/bin", "OMP_NUM_THREADS": "4", "OMPI_MCA_btl": "tcp"]) == nil)
    }

    @Test func mpirunIsKnownByItsVariables() {
        let environment = ["OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_RANK": "3", "PMIX_RANK": "3"]
        #expect(
            Launcher(environment: environment)
                == Launcher(name: "mpirun", size: 8, rank: 3, variable: "OMPI_COMM_WORLD_SIZE", family: .openMPI))
        #expect(
            Launcher(environment: ["PMIX_RANK": "2"])
                == Launcher(name: "PMIx launcher", size: nil, rank: 2, variable: "PMIX_RANK", family: .pmix))
        let hydra = ["PMI_RANK": "1", "PMI_SIZE": "4"]
        #expect(
            Launcher(environment: hydra)
                == Launcher(name: "mpiexec", size: 4, rank: 1, variable: "PMI_RANK", family: .mpich))
    }

    @Test func srunIsALauncherAndABatchScriptIsNot() {
        let batch = ["SLURM_JOB_ID": "77", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"]
        #expect(Launcher(environment: batch) == nil)
        let step = batch.merging(["SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2"]) { $1 }
        #expect(
            Launcher(environment: step)
                == Launcher(name: "srun", size: 4, rank: 2, variable: "SLURM_STEP_NUM_TASKS", family: .slurm))
        let pmix = step.merging(["PMIX_RANK": "2"]) { $1 }
        #expect(
            Launcher(environment: pmix)
                == Launcher(name: "srun", size: 4, rank: 2, variable: "PMIX_RANK", family: .pmix))
        let pmi = step.merging(["PMI_RANK": "2", "PMI_SIZE": "4"]) { $1 }
        #expect(
            Launcher(environment: pmi)
                == Launcher(name: "srun", size: 4, rank: 2, variable: "PMI_RANK", family: .slurm))
        let one = step.merging(["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"]) { $1 }
        #expect(Launcher(environment: one) == nil, "one task without MPI trains on its own")
    }

    /// The tests run under no such launcher, or they would have ranks.
    @Test func variablesThatALauncherHasLeftAreRefused() throws {
        let left = ["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"]
        // Nothing listens at port 1.
        for gone in [
            "PMIX_SERVER_URI2": "1.0;tcp4://127.0.0.1:1", "OMPI_MCA_ess_base_jobid": "7", "PMI_FD": "9999",
        ] {
            var lines: [Fault] = []
            let environment = left.merging([gone.key: gone.value]) { $1 }
            let code = ProcessGroups.run(
                environment: environment,
                line: {
                    lines.append($0); return "\($0)"
                }
            ) { _ in
                Issue.record("it runs")
            }
            #expect(code == 64)
            #expect(lines.map(\.subject) == ["OMPI_COMM_WORLD_SIZE"])
            #expect(lines.first?.remedy.contains("unset OMPI_COMM_WORLD_SIZE") == true)
        }
    }

    @Test func aProcessStartedOnItsOwnStartsNoMPI() throws {
        #expect(try ProcessGroups.start(environment: [:]) is SingleProcess)
    }
}
