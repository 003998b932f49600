# Sourced by the scripts that run checks: each step prints one line, and its log only if it fails.

logs=.build/logs
mkdir -p "$logs"

# step NAME SECONDS COMMAND…: runs the command, at most that long.
step() {
    local name=$1 limit=$2 log status=0 begin=$SECONDS
    shift 2
    log="$logs/${name// /-}.log"
    printf '%-12s … ' "$name"
    timeout --kill-after=30 "$limit" "$@" >"$log" 2>&1 || status=$?
    if ((status == 0)); then
        printf 'ok, %d s%s\n' $((SECONDS - begin)) "$(told "$log")"
        return
    fi
    ((status == 124)) && printf 'stopped after %d s\n' "$limit" || printf 'FAILED (%d) after %d s\n' "$status" $((SECONDS - begin))
    grep -E '(^|[^a-z])error:|✘|^FAILED|^ERROR|^E  ' "$log" | head -n 40 || true
    printf -- '---- the end of %s\n' "$log"
    tail -n 40 "$log"
    exit 1
}

# The one line of a log that says how much was checked, if it has one.
told() {
    local line
    line=$(grep -E 'Test run with [0-9]+ tests|^[0-9]+ (passed|skipped).* in ' "$1" | tail -n 1 | sed -E 's/^[^A-Za-z0-9]*//') || true
    [[ -z $line ]] || printf ' (%s)' "$line"
}
