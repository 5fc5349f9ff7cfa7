# Configuration of the lit suite; build/test/lit.site.cfg.py sets the paths.
import os
import subprocess
import sys
import lit.formats
import lit.util

config.name = "veomni"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".py"]
config.excludes = ["lit.cfg.py", "Inputs", "__pycache__", "fixtures", "unit", "support", "fuzz", "snippets.py",
                   "tour.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.veomni_build_dir + "/test"

# Our tools first, then FileCheck, not and count of LLVM.
config.environment["PATH"] = os.pathsep.join([config.veomni_build_dir + "/bin", config.llvm_tools_dir,
                                              os.environ["PATH"]])
for name in ("HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions.append(("%test", config.test_source_root))
config.substitutions.append(("%python", sys.executable))
config.substitutions.append(("%build", config.veomni_build_dir))
config.substitutions.append(("%llvm", os.path.dirname(config.llvm_tools_dir)))

# VEOMNI_VERIFY_ROUNDTRIP=1: every test also prints and reparses what it reads, as text and as bytecode.
if os.environ.get("VEOMNI_VERIFY_ROUNDTRIP") == "1":
    # Only as a command: the name also occurs in paths. Resources change their names within one context, so that tests
    # with code in them say `UNSUPPORTED: verify-roundtrip`.
    config.substitutions.append((r"(?<![\w/.-])veomni-opt(?![\w/.-])", "veomni-opt --verify-roundtrip"))
    config.available_features.add("verify-roundtrip")

# How to start so many processes; Open MPI minds more of them than processors, and root.
if config.veomni_mpirun:
    version = subprocess.run([config.veomni_mpirun, "--version"], capture_output=True, text=True).stdout
    allowing = " --allow-run-as-root --oversubscribe" if "Open MPI" in version or "OpenRTE" in version else ""
    config.available_features.add("mpi")
    config.substitutions.append(("%mpirun", f"{config.veomni_mpirun}{allowing} -np"))
    hosts = os.path.join(config.test_source_root, "runtime/Inputs/hosts.py")
    if allowing and subprocess.run([sys.executable, hosts, "can"], capture_output=True).returncode == 0:
        config.available_features.add("network-namespaces")
    config.substitutions.append(("%comm_mpi_test", config.veomni_build_dir + "/bin/mpi/comm_mpi_test"))

if config.veomni_has_compiler:
    config.available_features.add("compiler")
else:
    config.excludes += ["dialects", "lib", "mistakes", "passes", "plugins", "e2e"]
