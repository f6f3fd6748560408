"""pip for another machine: its first argument says by what that one judges conditions, the rest are pip's own.

pip knows the wheels of other platforms, but judges ``; python_version < "3.11"`` by the Python that it runs on
(https://github.com/pypa/pip/issues/11664): packages would be missing there, or others be sought in vain.
"""

import json
import runpy
import sys

from pip._vendor.packaging import markers

there = dict(markers.default_environment(), **json.loads(sys.argv[1]))
markers.default_environment = lambda: dict(there)
del sys.argv[1]
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
