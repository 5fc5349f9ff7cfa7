# Makes a checkout with these scripts in which every command only takes its time, in a process of its own: slow-checkout.sh SCRIPTS FOLDER
set -eu
scripts=$(readlink -f "$1")
mkdir -p "$2"
cd "$2"
mkdir -p scripts commands build/bin build/demo/venv/bin build/demo/SmolLM2-135M-Instruct
cp -r "$scripts"/* scripts/
for command in scripts/setup commands/cmake build/bin/veomni-compile build/demo/venv/bin/python; do
  printf '#!/bin/sh\nsleep 0.05\nsh -c "sleep 0.05; echo >>\"\${ENDED-/dev/null}\""\n' >"$command"
  chmod +x "$command"
done
touch build/build.ninja build/demo/venv/SmolLM2-135M-Instruct.gguf
sha256sum <scripts/requirements-demo.txt >build/demo/venv/.installed
cat build/demo/venv/.installed scripts/gguf_to_hf.py | sha256sum >build/demo/SmolLM2-135M-Instruct/.converted
