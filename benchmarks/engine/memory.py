"""What a process holds, and held at most."""

from __future__ import annotations

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def held() -> float:
    """Megabytes resident now; where the system does not tell, the most there ever were."""
    return _status("VmRSS") or peak()


def peak() -> float:
    """Most megabytes that were resident since the start, or since `forget_peak` where the system can."""
    # getrusage also counts what the parent held when it forked; /proc does not.
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """Lets the peak begin anew at what is held now. Does nothing where the system cannot."""
    try:
        _CLEAR.write_text("5")
    except OSError:
        return


def _status(name: str) -> float:
    if not _STATUS.exists():
        return 0.0
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0
