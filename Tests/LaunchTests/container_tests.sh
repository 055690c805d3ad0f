# shellcheck shell=bash disable=SC2154  # the sandbox's variables
# launch/Dockerfile, launch/swift-run-trainer.def, launch/mpijob.yaml and the recipes: what they name exists, and they say
# the same.

# packages_of FILE: what its calls of apt-get install name, sorted, once each.
packages_of() {
    sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$1" | grep 'apt-get install' |
        sed 's/.*--no-install-recommends//; s/&&.*//' |
        tr -s ' ' '\n' | grep . | sort -u
}

# What a package does not bring: an MPI of each family, and what draws figures.
an_image_of_the_package_adds_what_it_lacks() { # test
    local package
    for package in gnuplot-nox openmpi-bin mpich; do
        packages_of "$repository/launch/swift-run-trainer.def" | grep -qxF "$package" || wrong "not installed: $package"
    done
    grep -q '^    package=swift-run-trainer-'"$(sed -n 's/.*static let version = "\(.*\)"/\1/p' \
        "$repository/Sources/TrainerCommand/SwiftRunTrainer.swift")"'-linux-x86_64.tar.gz$' \
        "$repository/launch/swift-run-trainer.def" || wrong "the definition names another version"
}

an_image_is_built_with_what_a_machine_is() { # test
    local package
    # shellcheck source-path=SCRIPTDIR source=../../launch/common.sh
    . "$repository/launch/common.sh"
    for package in "${system_packages[@]}"; do
        packages_of "$repository/launch/Dockerfile" | grep -qxF "${package%%|*}" || wrong "not installed: $package"
    done
}

every_package_of_an_image_is_in_bookworm() { # test
    local package
    grep -qs 'VERSION_CODENAME=bookworm' /etc/os-release && command -v apt-cache >/dev/null || exit 99
    apt-cache show openmpi-bin >/dev/null 2>&1 || exit 99
    for package in $(packages_of "$repository/launch/Dockerfile") \
        $(packages_of "$repository/launch/swift-run-trainer.def"); do
        apt-cache show "$package" >/dev/null 2>&1 || wrong "no package: $package"
    done
}

every_option_of_the_image_examples_is_one_of_the_program() { # test
    local option
    [[ -x ${SWIFT_RUN_TRAINER:-} ]] || exit 99
    "$SWIFT_RUN_TRAINER" train --help >"$sandbox/help"
    for option in \
        $(sed -n '/- swift-run-trainer$/,/resources/s/^ *- \(--[a-z-]*\)$/\1/p' "$repository/launch/mpijob.yaml") \
        $(grep -ho 'swift-run-trainer train .*' "$repository/launch/Dockerfile" \
            "$repository/launch/swift-run-trainer.def" | grep -o -- '--[a-z-]*'); do
        grep -q -- "$option" "$sandbox/help" || wrong "no option: $option"
    done
}

# The operator mounts a key of an elliptic curve as id_rsa, with id_rsa.pub and authorized_keys (its setupSSHOnPod);
# root owns them, another user reads them.
the_sshd_of_the_image_starts_with_the_keys_of_the_operator() { # test
    local keys="$sandbox/home/mpiuser/.ssh" sshd=/usr/sbin/sshd as_user=()
    [[ -x $sshd ]] && command -v ssh-keygen >/dev/null || exit 99
    mkdir -p "$keys"
    ssh-keygen -q -t ecdsa -b 521 -m PEM -N "" -f "$keys/id_rsa"
    cp "$keys/id_rsa.pub" "$keys/authorized_keys"
    if [[ $(id -u) -eq 0 ]]; then
        as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
        chmod 755 "$sandbox"
        chmod 644 "$keys"/*
        # Where nobody else may look into the folder of temporary files.
        "${as_user[@]}" test -r "$keys/id_rsa" || exit 99
    fi
    # The line of the Dockerfile that writes sshd's settings, with the sandbox for a root.
    sed -n "/^RUN printf .*'Port 2222'/,/sshd_config/p" "$repository/launch/Dockerfile" |
        sed -e 's/^RUN //' -e 's/ \\$//' -e "s|/home/mpiuser|$sandbox/home/mpiuser|g" |
        tr '\n' ' ' >"$sandbox/settings.sh"
    sh "$sandbox/settings.sh" || wrong "the settings are not written"
    "${as_user[@]}" "$sshd" -t -f "$sandbox/home/mpiuser/.sshd_config" >"$sandbox/sshd" 2>&1 ||
        wrong "sshd does not start: $(head -n 1 "$sandbox/sshd")"
}

the_kubernetes_job_is_one_of_the_operator() { # test
    local python="${SWIFT_RUN_TRAINER_PYTHON:-python3}"
    "$python" -c 'import jsonschema, yaml' 2>/dev/null || exit 99
    "$python" - "$repository" <<'PYTHON' || wrong "mpijob.yaml does not agree with its schema, or with itself"
import json, sys, jsonschema, yaml
folder = sys.argv[1]
job = yaml.safe_load(open(folder + "/launch/mpijob.yaml"))
schema = json.load(open(folder + "/Tests/LaunchTests/mpijob-schema.json"))
jsonschema.validate(job, schema)
spec = job["spec"]
launcher = spec["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]["containers"][0]
workers = spec["mpiReplicaSpecs"]["Worker"]
pod = workers["template"]["spec"]
arguments = launcher["args"]
after = lambda name: arguments[arguments.index(name) + 1]
assert int(after("-n")) == spec["slotsPerWorker"] * workers["replicas"], "ranks"
assert after("--map-by") == "slot:PE=" + after("--threads"), "threads"
cores = int(after("--threads")) * spec["slotsPerWorker"]
assert int(pod["containers"][0]["resources"]["limits"]["cpu"]) == cores, "processors"
mounts = {mount["name"]: mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
assert set(mounts) == {volume["name"] for volume in pod["volumes"]}, "volumes"
assert after("--data").startswith(mounts["stamps"]) and after("--output").startswith(mounts["runs"]), "folders"
# The schema refuses what the operator does not know.
job["spec"]["slots"] = 2
try:
    jsonschema.validate(job, schema)
except jsonschema.ValidationError:
    sys.exit(0)
sys.exit("the schema takes anything")
PYTHON
}

# The recipe as conda-build reads it, its templates filled in; and that of Spack as Python.
the_recipes_are_well_formed() { # test
    local python="${SWIFT_RUN_TRAINER_PYTHON:-python3}"
    "$python" -c 'import jinja2, yaml' 2>/dev/null || exit 99
    "$python" - "$repository" <<'PYTHON' || wrong "a recipe is not well formed"
import ast, re, sys, jinja2, yaml
folder = sys.argv[1]
text = open(folder + "/launch/conda/meta.yaml").read()
named = lambda name: name
recipe = yaml.safe_load(jinja2.Template(text).render(compiler=named, stdlib=named))
program = open(folder + "/Sources/TrainerCommand/SwiftRunTrainer.swift").read()
version = re.search(r'static let version = "(.*)"', program).group(1)
assert str(recipe["package"]["version"]) == version, "version"
assert set(recipe) <= {"package", "source", "build", "requirements", "test", "about", "extra"}, "sections"
for key in ("summary", "license", "license_file"):
    assert recipe["about"][key], key
for library in ("cfitsio", "hdf5", "libzip", "zlib", "openblas"):
    assert library in recipe["requirements"]["host"], library
tree = ast.parse(open(folder + "/launch/spack/package.py").read())
package = next(node for node in tree.body if isinstance(node, ast.ClassDef))
assert package.name == "SwiftRunTrainer", "class"
manifest = open(folder + "/Package.swift").read()
calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "variant"]
assert {call.args[0].value for call in calls} == {"keras", "fits", "mpi"}, "variants"
for trait in ("Keras", "FITS"):
    assert f'name: "{trait}"' in manifest, trait
PYTHON
}
