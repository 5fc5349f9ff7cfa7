# For scripts whose commands shall end with them, to be sourced. A shell that is told to end leaves its commands running, and one that
# shall do something first does it only when they have ended.

set -m # a group of processes for each command
attended=

# attend COMMAND...: runs a command; who ends the script ends the command and all that it started.
attend() {
  local status=0
  "$@" &
  attended=$!
  wait "$attended" || status=$?
  attended=
  return "$status"
}

end_attended() {
  trap '' HUP INT TERM
  exec 2>/dev/null # the shell would report how the command ended
  if [ -n "$attended" ]; then
    kill -TERM -- "-$attended" || true
    wait "$attended" || true
  fi
  trap - "$1"
  kill -s "$1" $$
}
for signal in HUP INT TERM; do
  trap "end_attended $signal" "$signal"
done
