# Configuration of the lit suite; build/test/lit.site.cfg.py sets the paths.
import os
import lit.formats

config.name = "veomni"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".py"]
config.excludes = ["lit.cfg.py", "fixtures", "unit", "support", "fuzz"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.veomni_build_dir + "/test"
