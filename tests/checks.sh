# For suites that are scripts, which source it: they count checks, and show what a check prints where it fails. They
# have a folder $work, and say at their end "N passed, N failed".

passed=0
failed=0

check() { # check NAME COMMAND...; a line "measured: TEXT" that it prints stands behind its name
    local name=$1
    shift
    # Not as the condition of an if, where the shell would go on after what fails.
    (set -e; "$@") >"$work/log" 2>&1
    if (($? == 0)); then
        passed=$((passed + 1))
        printf 'ok    %s%s\n' "$name" "$(sed -n 's/^measured: / /p' "$work/log" | tail -n 1)"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n' "$name"
        tail -n 25 "$work/log"
    fi
}

refused() { if "$@"; then return 1; fi; } # refused COMMAND...: passes where the command fails.
