"""What a script does when it is interrupted: the processes that it started end, what it would leave is put in order,
and it ends by the signal, without a traceback. Importing this is enough; it comes before imports that take time.
"""
import contextlib
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time

PATIENCE = 5  # seconds that processes get to put their own things in order
_orders = []


def _status(entry):
    """State and parent of a process of /proc; what has ended has neither."""
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
        return fields[0], int(fields[1])
    except OSError:
        return "Z", 0


def _descendants():
    """The processes that this one started, and those that they started, as long as they run."""
    statuses = {int(entry.name): _status(entry) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()}
    found, parents = [], {os.getpid()}
    while parents:
        parents = {process for process, (_, parent) in statuses.items() if parent in parents}
        found += [process for process in parents if statuses[process][0] != "Z"]
    return found


def _end_descendants():
    end = time.monotonic() + PATIENCE
    asked = set()
    time.sleep(0.01)  # for those that a thread was about to start
    while processes := _descendants():
        for process in processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if time.monotonic() > end:
                    os.kill(process, signal.SIGKILL)
                elif process not in asked:
                    os.kill(process, signal.SIGTERM)
        asked.update(processes)
        if time.monotonic() > 2 * PATIENCE + end:
            return  # somebody else's
        time.sleep(0.01)


def _end(number, _):
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: None)  # once is enough
    # Other threads would go on with their next process.
    subprocess.Popen = lambda *_, **__: threading.Event().wait()
    _end_descendants()
    for order in reversed(_orders):
        order()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


@contextlib.contextmanager
def afterwards(order):
    """Calls `order` at the end of a block, however that comes. It may be called twice."""
    _orders.append(order)
    try:
        yield
    finally:
        order()
        _orders.remove(order)


@contextlib.contextmanager
def scratch_folder(place=None):
    """A new folder for the length of a block."""
    folder = pathlib.Path(place or tempfile.gettempdir()) / f"veomni-{secrets.token_hex(8)}"
    with afterwards(lambda: shutil.rmtree(folder, ignore_errors=True)):
        folder.mkdir(mode=0o700)
        yield folder


for _ending in (signal.SIGINT, signal.SIGTERM):
    if signal.getsignal(_ending) != signal.SIG_IGN:  # as under nohup
        signal.signal(_ending, _end)
