# shellcheck shell=sh
# Read by the scripts beside it, which set BENCH (their name) and BENCH_MAIN (the program to run).
# POSIX sh. Builds through the launcher, on the launcher's choice of Java.
set -eu

FIRST_PORT=20000 # below the range from which Linux hands out ports to clients
PORTS=12000
ATTEMPTS=5
START_SECONDS=600 # a first build is in it

HOME_DIR=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd -P)

case ${1:-} in
-h | --help)
  cat <<USAGE
Usage: bench/$BENCH [--quick] [--rows N] [--only GROUP,...]

Starts a Weirkeeper of its own, measures it, prints one table and stops it.
  --quick        fewer repetitions and rows: to see that it works, not to quote
  --rows N       rows of each ingress figure (2000000; quick: 200000)
  --only GROUPS  only these groups of figures, by comma; an unknown name lists them
From the environment: TMPDIR, and what the launcher reads (WK_JAVA_HOME, WK_NO_BUILD).
USAGE
  exit 0
  ;;
esac

SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/weirkeeper-bench.XXXXXX")
SERVER=
MEASURING=

# Ends what was started, however this ends.
# shellcheck disable=SC2317 # called by the traps
clean_up() {
  status=$?
  trap - EXIT INT TERM HUP
  [ -z "$MEASURING" ] || kill "$MEASURING" 2>/dev/null || :
  if [ -n "$SERVER" ]; then
    kill "$SERVER" 2>/dev/null || :
    wait "$SERVER" 2>/dev/null || :
  fi
  case $status in
  0 | 2 | 129 | 130 | 143) rm -rf "$SCRATCH" ;;
  *) printf 'bench/%s: failed; the logs are in %s\n' "$BENCH" "$SCRATCH" >&2 ;;
  esac
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# True when nobody listens on the port $1.
is_free() { ! grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$1") [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null; }

# Starts the server on a port; false when it ended before it was ready.
start_server() {
  "$HOME_DIR/weirkeeper" run --port "$1" --management-port "$(($1 + 1))" --data-dir "$SCRATCH/data" \
    >"$SCRATCH/server.out" 2>"$SCRATCH/server.err" &
  SERVER=$!
  waited=0
  while [ ! -f "$SCRATCH/data/instance.json" ]; do
    if ! kill -0 "$SERVER" 2>/dev/null; then
      wait "$SERVER" || :
      SERVER=
      return 1
    fi
    if [ "$waited" -ge "$START_SECONDS" ]; then
      printf 'bench/%s: the server was not ready within %s s\n' "$BENCH" "$START_SECONDS" >&2
      exit 1
    fi
    sleep 1
    waited=$((waited + 1))
  done
}

attempt=0
printf 'Starting a server (and building it, if needed) ...\n' >&2
while [ -z "$SERVER" ]; do
  attempt=$((attempt + 1))
  port=$((FIRST_PORT + ($$ * 7 + attempt * 977) % PORTS))
  if is_free "$port" && is_free "$((port + 1))" && start_server "$port"; then
    break
  fi
  if [ "$attempt" -ge "$ATTEMPTS" ]; then
    cat "$SCRATCH/server.err" "$SCRATCH/server.out" >&2 2>/dev/null || :
    printf 'bench/%s: no server could be started in %s attempts\n' "$BENCH" "$ATTEMPTS" >&2
    exit 1
  fi
done

set -- --server "http://127.0.0.1:$port" --data-dir "$SCRATCH/data" --launcher "$HOME_DIR/weirkeeper" "$@"
# The launcher has replaced itself by Java: the same one measures. The jars are the present build's.
JAVA=$(readlink -f "/proc/$SERVER/exe")
BENCH_JAR=$(find "$HOME_DIR/bench/target" -maxdepth 1 -name 'weirkeeper-bench-*.jar' ! -name '*-sources.jar' | head -n 1)
[ -n "$BENCH_JAR" ] || { printf 'bench/%s: bench/target has no jar; build with mvn package\n' "$BENCH" >&2; exit 1; }
newer_flags=
if "$JAVA" --sun-misc-unsafe-memory-access=allow -version >/dev/null 2>&1; then
  newer_flags="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
fi
# shellcheck disable=SC2086 # the flags are words
"$JAVA" $newer_flags -XX:+UseParallelGC -Xms256m -Xmx1g -cp "$BENCH_JAR:$HOME_DIR/bench/target/lib/*" \
  "$BENCH_MAIN" "$@" &
MEASURING=$!
status=0
wait "$MEASURING" || status=$?
MEASURING=
exit "$status"
