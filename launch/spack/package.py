# Spack package. In the checkout, with this file as packages/swift-run-trainer/package.py of a
# repository of yours (spack repo create, spack repo add): spack dev-build swift-run-trainer@main

import os

from spack.package import *


class SwiftRunTrainer(Package):
    """Trains networks that tell point sources from noise in cut-outs of survey images. One binary
    runs as a single process and under mpirun, with the same bits from any number of ranks."""

    license("MIT")

    # The source is the checkout: spack dev-build.
    version("main")

    variant("keras", default=True, description="Read and write .keras files, read HDF5 files")
    variant("fits", default=True, description="Read FITS files")
    variant(
        "mpi", default=True, description="Bring a shim for this MPI; others are found at run time"
    )

    # Swift 6.1 or newer is an external program: `spack external find` does not know it, PATH does.
    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("python@3:", type="build")
    depends_on("openblas")
    depends_on("zlib-api")
    depends_on("hdf5~mpi", when="+keras")
    depends_on("libzip", when="+keras")
    depends_on("cfitsio", when="+fits")
    depends_on("mpi", when="+mpi")
    depends_on("gnuplot", type="run")

    conflicts("platform=darwin", msg="Linux only")

    def install(self, spec, prefix):
        build = Executable(join_path(self.stage.source_path, "launch", "build.sh"))
        traits = [
            name for name, variant in (("Keras", "+keras"), ("FITS", "+fits")) if variant in spec
        ]
        options = ["--traits", ",".join(traits)] if traits else ["--disable-default-traits"]
        if "+mpi" in spec:
            options += ["--mpi", spec["mpi"].prefix]
        trainer = build(*options, output=str).split("\n")[-2]
        mkdirp(prefix.bin, prefix.lib, prefix.share.man.man1)
        install(trainer, prefix.bin)
        for name in os.listdir(os.path.dirname(trainer)):
            if name.startswith("libswift-run-trainer-") and name.endswith(".so"):
                install(join_path(os.path.dirname(trainer), name), prefix.lib)
        program = Executable(prefix.bin.join("swift-run-trainer"))
        manual = Executable(join_path(self.stage.source_path, "launch", "manual.py"))
        with open("help.json", "w") as text:
            program("--experimental-dump-help", output=text)
        with open("help.json") as text, open(
            prefix.share.man.man1.join("swift-run-trainer.1"), "w"
        ) as page:
            manual(str(spec.version), input=text, output=page)

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def check_install(self):
        Executable(self.prefix.bin.join("swift-run-trainer"))("summary", "--model", "vgg6")
