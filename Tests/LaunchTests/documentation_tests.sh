# shellcheck shell=bash disable=SC2154,SC2016 # variables come from sandbox.sh; stubs expand theirs when they run
# README.md and the pages of Sources/TrainerCommand/Documentation.docc: every command in them runs, links lead
# somewhere, options are those of the program.
#
# A command is what stands in a block of the language `sh`. It is run with the program itself and the machine's own
# mpirun, but on fewer stamps, epochs, ranks and threads; what a test cannot do (install, build, submit to a queue,
# reach other hosts) is done by stand-ins, which refuse what the real one would: files that are not there, options that
# do not exist.

front_page="$repository/README.md"
catalogue="$repository/Sources/TrainerCommand/Documentation.docc"
mapfile -t pages < <(find "$catalogue" -name '*.md' | LC_ALL=C sort)
subcommands=(train predict evaluate occlusion report summary simulate convert bench verify status tune)

# needs_the_program: skips the test where there is no release binary, which launch/test.sh names.
needs_the_program() {
    [[ -x ${SWIFT_RUN_TRAINER:-} ]] && mpirun="$(type -P mpirun)" || exit 99
}

# options_of SUBCOMMAND: the options that its help lists, one a line.
options_of() {
    "$SWIFT_RUN_TRAINER" "$1" --help | sed -n '/^USAGE:/,$p' |
        grep -oE '^ {2}(-h, )?--[a-z-]+(/--[a-z-]+)?' | grep -oE -- '--[a-z-]+'
}

# prose FILE…: the files without their blocks.
prose() {
    awk '/^ *```/ { block = !block; next } !block' "$@"
}

# stand_in NAME BODY: a stub whose BODY may use the functions of $sandbox/claims.
stand_in() {
    stub "$1" "set -uo pipefail; . '$sandbox/claims'"$'\n'"$2"
}

# replace_script FILE BODY: puts a stand-in in the place of a script of the checkout, which has to exist.
replace_script() {
    [[ -x $repository/$1 ]] || wrong "$1: there is no such script"
    mkdir -p "$(dirname "$sandbox/$1")"
    printf '#!/usr/bin/env bash\nset -uo pipefail\n. %q\n%s\n' "$sandbox/claims" "$2" >"$sandbox/$1"
    chmod +x "$sandbox/$1"
}

# What stand-ins claim of their arguments.
write_claims() {
    { options_of train; options_of tune; } >"$sandbox/train-options"
    cat >"$sandbox/claims" <<CLAIMS
sandbox='$sandbox' repository='$repository' mpirun='$mpirun'
CLAIMS
    cat >>"$sandbox/claims" <<'CLAIMS'
refuse() { echo "${0##*/}: $*" >&2; exit 64; }
is_file() { [[ -r $1 ]] || refuse "$1: no such file"; }
trains_with() {
    local argument
    for argument in "$@"; do
        [[ $argument != --* ]] || grep -qxF -- "${argument%%=*}" "$sandbox/train-options" ||
            refuse "train has no option $argument"
    done
}
CLAIMS
}

# The program on small numbers: the last of several values counts.
write_trainer() {
    stub trainer "program='$SWIFT_RUN_TRAINER'"'
        few=()
        case ${1-} in
            simulate) few=(--sources 600 --noise 600) ;;
            train) few=(--epochs 1 ${NO_REPORTS:+--no-report}) ;;
            tune) few=(--epochs 2 --trials 3 --no-report) ;;
            bench)
                few=(--seconds 0.05)
                [[ " $* " == *" --models "* ]] || few+=(--models simple,simple-bn,vgg6)
                ;;
            occlusion) [[ " $* " == *" --index "* ]] || few=(--stride 8) ;;
        esac
        [[ ${1-} == simulate || -z ${OMPI_COMM_WORLD_SIZE:-} ]] || few+=(--threads 1)
        # A batch must not be larger than the training set, and resnet50 takes its time to measure.
        arguments=("$@")
        for ((index = 1; index < $#; index++)); do
            case "$1 ${arguments[index - 1]} ${arguments[index]}" in
                *" --batch-size 1024") arguments[index]=512 ;;
                "bench --models "*resnet50) arguments[index]=simple ;;
            esac
        done
        [[ " $* " != *" --help "* ]] || few=()
        exec "$program" "${arguments[@]}" "${few[@]}"'
    cp "$stubs/trainer" "$stubs/swift-run-trainer"
}

# Programs that change the machine, or that it may not have.
write_installers() {
    stand_in apt-get '
        [[ ${1-} == update ]] && exit 0
        [[ ${1-} == install ]] || refuse "not known: ${1-}"
        for package in "${@:2}"; do
            [[ $package == -* ]] || grep -qE "[ (\"|]$package([ )\"|]|\$)" "$repository/launch/common.sh" ||
                refuse "launch/common.sh installs no $package"
        done'
    stand_in swift '
        case "$*" in
            --version) echo "Swift version 6.2 (swift-RELEASE)"; exit ;;
            *--show-bin-path*) echo "$sandbox/.build/release"; exit ;;
            test*) echo "✔ Test run with 7 tests passed"; exit ;;
        esac
        [[ ${1-} == build ]] || refuse "not known: ${1-}"
        shift
        while [[ $# -gt 0 ]]; do
            case $1 in
                -c) [[ $2 == release ]] || refuse "$2"; shift ;;
                --product)
                    grep -qF "name: \"$2\", targets" "$repository/Package.swift" || refuse "no product $2"
                    shift
                    ;;
                --traits) grep -qF ".trait(name: \"$2\"" "$repository/Package.swift" || refuse "no trait $2"; shift ;;
                --package-path | --scratch-path) shift ;;
                --static-swift-stdlib | --disable-default-traits) ;;
                *) refuse "not known: $1" ;;
            esac
            shift
        done
        mkdir -p "$sandbox/.build/release"
        cp "$sandbox/stubs/trainer" "$sandbox/.build/release/swift-run-trainer"'
    stand_in docker '
        case ${1-} in
            build) [[ $2 == -f && $4 == -t ]] || refuse "not known: $*"; is_file "$3" ;;
            run)
                while [[ $1 != swift-run-trainer ]]; do shift; done
                [[ $2 == swift-run-trainer && $3 == train ]] || refuse "not known: $*"
                trains_with "${@:4}"
                ;;
            *) refuse "not known: ${1-}" ;;
        esac'
    stand_in apptainer '
        case ${1-} in
            build)
                [[ $2 == --build-arg && $3 == package=* ]] || refuse "not known: $*"
                is_file "${3#package=}"
                is_file "$5"
                touch "$4"
                ;;
            exec) is_file "$2"; exec "${@:3}" ;;
            *) refuse "not known: ${1-}" ;;
        esac'
    stand_in tensorboard '
        [[ $1 == --logdir && -n $(find "$2" -name "*tfevents*" | head -n 1) ]] || refuse "no events: $*"'
    stand_in mlflow '
        [[ $1 == ui && $2 == --backend-store-uri && -n $(find "$3" -name meta.yaml | head -n 1) ]] ||
            refuse "no runs: $*"'
    # build_tests.sh and the test of the package build what these do.
    replace_script launch/build.sh '
        [[ $# -eq 0 || $# -eq 2 && $1 == --mpi && $2 =~ ^(openmpi|mpich|all|/.*)$ ]] || refuse "not known: $*"'
    replace_script launch/sysroot.sh '[[ $# -eq 1 && $1 != -* ]] || refuse "usage"'
    replace_script launch/package.sh '
        [[ $# -eq 0 || $# -eq 2 && $1 == --sysroot ]] || refuse "not known: $*"
        name="swift-run-trainer-$("$sandbox/stubs/trainer" --version | awk "NR == 1 { print \$NF }")-linux-x86_64"
        mkdir -p "$name/bin"
        cp "$sandbox/stubs/trainer" "$name/bin/swift-run-trainer"
        tar -czf "$name.tar.gz" "$name"
        rm -r "$name"'
    replace_script launch/download-stamps.sh '[[ $# -le 1 && ${1-} != -* ]] || refuse "usage"'
    replace_script launch/chaos.sh '
        for option in "$@"; do
            [[ $option != --* ]] || grep -qE -- "^ *.*$option.*\)\$" "$repository/launch/chaos.sh" ||
                refuse "not known: $option"
        done'
    replace_script .ci/run ''
    replace_script .ci/documentation '[[ $# -eq 1 && $1 != -* ]] || refuse "usage"'
}

# mpirun with at most four ranks, all on this host; and what submits to queues.
write_launchers() {
    stand_in mpirun '
        ranks=2 options=()
        while [[ ${1-} == -* ]]; do
            case $1 in
                -n) ranks=$2; shift ;;
                --hostfile) is_file "$2"; shift ;;
                --map-by) [[ $2 =~ ^slot:PE=[0-9]+$ ]] || refuse "not known: $2"; shift ;;
                --bind-to) [[ $2 == core || $2 == none ]] || refuse "not known: $2"; shift ;;
                --mca)
                    ompi_info --all --parsable 2>/dev/null | grep -qF ":$2:" || refuse "no parameter $2"
                    [[ $2 == *_if_include ]] || options+=(--mca "$2" "$3")
                    shift 2
                    ;;
                --oversubscribe) ;;
                *) refuse "not known: $1" ;;
            esac
            shift
        done
        exec "$mpirun" -n $((ranks < 4 ? ranks : 4)) --oversubscribe --bind-to none "${options[@]}" "$@"'
    stand_in sbatch '
        while [[ $1 == -* ]]; do
            [[ $1 =~ ^--(ntasks|cpus-per-task|array|time)= ]] || refuse "not known: $1"
            shift
        done
        is_file "$1"
        [[ -z ${SWEEP:-} ]] || trains_with $(<"$SWEEP")
        trains_with "${@:2}"'
    stand_in qsub '
        while [[ $1 == -* ]]; do
            case $1 in
                -pe) shift 3 ;;
                -v)
                    [[ $2 != *TRAIN_ARGUMENTS=* ]] || trains_with ${2#*TRAIN_ARGUMENTS=}
                    for name in $(grep -oE "(^|,)[A-Z_]+=" <<<"$2" | tr -d ",="); do
                        grep -qE "^#   $name " "$repository/launch/cluster.sh" || refuse "not a setting: $name"
                    done
                    shift 2
                    ;;
                *) refuse "not known: $1" ;;
            esac
        done
        is_file "$1"
        trains_with "${@:2}"'
    stand_in bsub '[[ $1 == -n ]] && grep -q "^#BSUB" || refuse "no job on standard input"'
    stand_in kubectl '[[ $1 == apply && $2 == -f ]] || refuse "not known: $*"; is_file "$3"'
    replace_script Tests/ClusterTests/hosts.sh '
        grep -qE "^#   hosts.sh $1( |\$)" "$repository/Tests/ClusterTests/hosts.sh" || refuse "no command $1"
        [[ $1 != run ]] || exec "$mpirun" -n "$2" --oversubscribe "${@:3}"'
}

# make_checkout: makes of the sandbox a checkout in which commands of the documentation can be run.
make_checkout() {
    cp -r "$repository/hostfiles" "$sandbox/"
    mkdir -p "$sandbox/scratch" "$sandbox/shared"
    ln -s ../data "$sandbox/scratch/stamps"
    ln -s ../data "$sandbox/scratch/survey"
    ln -s ../data "$sandbox/shared/data"
    ln -s "$stubs/trainer" "$sandbox/shared/swift-run-trainer"
    # `id` of the sandbox is nobody in particular, mpirun asks the system.
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
    write_claims
    write_trainer
    write_installers
    write_launchers
}

# run_commands PAGE: runs the blocks of a page as one script. A command that fails is named with its line in the page.
run_commands() {
    local page="${1#"$repository/"}"
    # All other lines become empty, so that bash counts lines as the page does; the first one, a title, is the prologue.
    awk -v page="$page" -v folder="$sandbox" '
        NR == 1 { print "set -euE; trap '\''echo \"" page ":$LINENO: failed\" >&2'\'' ERR"; next }
        /^ *```/ { block = !block && $0 ~ /^ *```sh$/; print ""; next }
        block { gsub("/scratch/", folder "/scratch/"); gsub("/shared/", folder "/shared/"); print; next }
        { print "" }' "$1" >"$sandbox/commands.sh"
    grep -q '[^ ]' <(tail -n +2 "$sandbox/commands.sh") || return 0
    run bash commands.sh
    if [[ $status -ne 0 ]]; then
        printf '    %s\n' "$page: a command fails" "$(tail -n 12 "$sandbox/errors")"
        exit 1
    fi
}

# remove_all_but ENTRY…: removes everything else from the sandbox.
remove_all_but() {
    local entry
    for entry in "$sandbox"/* "$sandbox"/.[!.]*; do
        [[ " $* " == *" ${entry##*/} "* ]] || rm -rf "$entry"
    done
}

every_command_of_the_documentation_runs() { # test
    local page first="$sandbox/first" checkout
    needs_the_program
    make_checkout
    mapfile -t checkout < <(ls -A "$sandbox")
    run_commands "$front_page"
    # Pages begin with what the front page has left behind, and with a network that Keras has saved.
    mkdir -p "$first/runs"
    cp "$sandbox/runs/vgg6/model.keras" "$first/network.keras"
    cp -r "$sandbox/data" "$sandbox/stamps" "$first/"
    cp -r "$sandbox/runs/vgg6" "$first/runs/vgg6"
    for page in "${pages[@]}"; do
        remove_all_but first "${checkout[@]}"
        cp -r "$first/." "$sandbox/"
        # The tutorial and the front page are about reports; elsewhere drawing them only takes time.
        NO_REPORTS=1
        [[ $page != */Tutorial.md ]] || NO_REPORTS=
        export NO_REPORTS
        run_commands "$page"
    done
}

links_and_anchors_lead_somewhere() { # test
    command -v python3 >/dev/null || exit 99
    run python3 "$repository/Tests/LaunchTests/documentation_links.py" "$repository" "$front_page" "${pages[@]}"
    exits 0
}

the_front_page_is_short() { # test
    [[ $(wc -l <"$front_page") -le 250 ]] || wrong "README.md has more than 250 lines"
}

pictures_are_small() { # test
    local picture all=0
    while read -r picture; do
        ((all += $(wc -c <"$picture")))
        [[ $(wc -c <"$picture") -le 60000 ]] || wrong "$picture: larger than 60 kB"
        grep -qF "](${picture##*/})" "${pages[@]}" || wrong "$picture: no page shows it"
    done < <(find "$catalogue" -name '*.png' -o -name '*.svg')
    ((all <= 600000)) || wrong "pictures of $all bytes in all"
}

every_page_is_in_the_table_of_contents() { # test
    local page
    for page in "${pages[@]}"; do
        [[ $page == */Documentation.md ]] || grep -qF "](${page#"$catalogue/"})" "$catalogue/Documentation.md" ||
            wrong "Documentation.md does not name $page"
    done
}

the_reference_names_every_option() { # test
    local subcommand option section
    needs_the_program
    for subcommand in "${subcommands[@]}"; do
        section="$(sed -n "/^## $subcommand\$/,/^## /p" "$catalogue/Options.md")"
        # It has the options of train, too.
        [[ $subcommand != tune ]] || section+="$(sed -n '/^## train$/,/^## /p' "$catalogue/Options.md")"
        for option in $(options_of "$subcommand"); do
            case $option in
                --quiet | --verbose | --version | --help) section+="$(sed '/^## /q' "$catalogue/Options.md")" ;;
            esac
            grep -qF -- "\`$option" <<<"$section" || wrong "Options.md does not name $option of $subcommand"
        done
    done
}

every_option_that_is_named_exists() { # test
    local option word known
    needs_the_program
    known="$(for word in "${subcommands[@]}"; do options_of "$word"; done | sort -u)"
    # Of mpirun, srun, swift build, launch/chaos.sh, launch/package.sh, Tests/Golden/run.sh.
    known+=$'\n'"$(printf '%s\n' --bind-to --hostfile --map-by --mca --mpi --oversubscribe --traits \
        --disable-default-traits --kills --update --cpus-per-task --cpu-bind --overcommit --sysroot)"
    for option in $(prose "$front_page" "${pages[@]}" | grep -oE '`[^`]*`' |
        grep -oE -- '(^|[ `/])--[a-z][a-z-]+' | tr -d ' `/' | sort -u); do
        grep -qxF -- "$option" <<<"$known" ||
            wrong "there is no option $option: $(grep -lF -- "$option" "$front_page" "${pages[@]}")"
    done
}

the_catalogue_is_one_of_docc() { # test
    local docc
    docc="$(PATH="$PATH:/opt/swift/usr/bin:$(dirname "$(type -P swift || echo /)")" type -P docc)" || exit 99
    run "$docc" convert "$catalogue" --output-path "$sandbox/documentation" --warnings-as-errors \
        --fallback-display-name swift-run-trainer --fallback-bundle-identifier swift-run-trainer
    exits 0
    [[ -z $errors ]] || wrong "docc warns"
}

links_of_the_web_site_lead_somewhere() { # test
    run "$repository/.ci/documentation"
    exits 64
    # Without the stand-in for Swift, so that the toolchain's docc is found.
    rm "$stubs/swift"
    run "$repository/.ci/documentation" "$sandbox/site"
    [[ $status -ne 69 ]] || exit 99
    exits 0
    [[ -s $sandbox/site/documentation/swift-run-trainer/tutorial/index.html ]] || wrong "no page of the tutorial"
}
