import Communication
import TestSupport
import Testing

@Suite struct LauncherTests {
    @Test func aProcessStartedOnItsOwnHasNoLauncher() {
        #expect(Launcher(environment: [:]) == nil)
        #expect(Launcher(environment: ["PATH": "/usr/bin", "OMP_NUM_THREADS": "4", "OMPI_MCA_btl": "tcp"]) == nil)
    }

    @Test func mpirunIsKnownByItsVariables() {
        let environment = ["OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_RANK": "3", "PMIX_RANK": "3"]
        #expect(Launcher(environment: environment) == Launcher(name: "mpirun", size: 8, rank: 3))
        #expect(Launcher(environment: ["PMIX_RANK": "2"]) == Launcher(name: "PMIx launcher", size: nil, rank: 2))
        let hydra = ["PMI_RANK": "1", "PMI_SIZE": "4"]
        #expect(Launcher(environment: hydra) == Launcher(name: "mpiexec", size: 4, rank: 1))
    }

    @Test func srunIsALauncherAndABatchScriptIsNot() {
        let batch = ["SLURM_JOB_ID": "77", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"]
        #expect(Launcher(environment: batch) == nil)
        let step = batch.merging(["SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2"]) { $1 }
        #expect(Launcher(environment: step) == Launcher(name: "srun", size: 4, rank: 2))
        let pmix = step.merging(["PMIX_RANK": "2"]) { $1 }
        #expect(Launcher(environment: pmix) == Launcher(name: "srun", size: 4, rank: 2))
        let one = step.merging(["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"]) { $1 }
        #expect(Launcher(environment: one) == nil, "one task without MPI trains on its own")
    }

    @Test func aProcessStartedOnItsOwnStartsNoMPI() throws {
        #expect(try ProcessGroups.start(environment: [:]) is SingleProcess)
    }
}
