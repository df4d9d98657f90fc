import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_prints_what_is_kept_beside_it():
    done = subprocess.run(
        [sys.executable, "-W", "error", "examples/hop_count.py"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (ROOT / "examples" / "hop_count.out").read_text()
