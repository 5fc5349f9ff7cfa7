# Runs the tools with every choice of standard descriptors closed, and says which outputs are not those of a run with all of them open:
# each-closed.sh PYTHON TESTS FOLDER MODEL
cd "$3" || exit 1
ways=0
check() {
  "$@" >/dev/null 2>&1 || echo "damaged: exit $? with $descriptors closed: $*"
}
for descriptors in 0 1 2 0,1 0,2 1,2 0,1,2; do
  closed="$1 $2/Inputs/closed.py $descriptors"
  check $closed veomni-compile "$4" -o each.vob --time
  check $closed veomni-translate --bundle-to-mlir "$3/open.vob" -o each.mlir
  check $closed veomni-opt open.mlir -o each.opt.mlir --mlir-print-ir-after-all --canonicalize
  check $closed veomni-run open.vob --weights "$4" --inputs "$4/golden.safetensors" --outputs each.safetensors --trace=each.json --time
  for suffix in vob mlir safetensors; do
    cmp -s open.$suffix each.$suffix || echo "damaged: each.$suffix with $descriptors closed"
  done
  "$1" -c 'import json; json.load(open("each.json"))' || echo "damaged: each.json with $descriptors closed"
  veomni-opt each.opt.mlir >/dev/null || echo "damaged: each.opt.mlir with $descriptors closed"
  rm each.*
  ways=$((ways + 1))
done
echo "$ways ways"
