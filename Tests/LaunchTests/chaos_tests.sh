# shellcheck shell=bash disable=SC2034,SC2154  # sandbox.sh gives and reads these variables
# launch/chaos.sh in its short form, with the program itself: nothing is a stub here.

a_run_survives_kills() { # test
    [[ -x ${SWIFT_RUN_TRAINER:-} ]] || exit 99
    mkdir "$sandbox/temporary"
    status=0
    TRAINER="$SWIFT_RUN_TRAINER" TMPDIR="$sandbox/temporary" "$repository/launch/chaos.sh" --kills 6 \
        >"$sandbox/output" 2>"$sandbox/errors" </dev/null || status=$?
    output="$(<"$sandbox/output")" errors="$(<"$sandbox/errors")"
    exits 0
    tells "survived 6 kills"
    tells "the same bits as undisturbed"
    [[ -z $(ls -A "$sandbox/temporary") ]] || wrong "something is left behind: $(ls -A "$sandbox/temporary")"
}

chaos_refuses_what_it_does_not_know() { # test
    run launch/chaos.sh --kill 5
    exits 64
    one_line
    run launch/chaos.sh --kills many
    exits 64
    one_line
}
