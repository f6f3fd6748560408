"""What a process and all that it started take of this host, and what its GPUs do: asked every few seconds by who looks on."""

import os
import time

from base import expand, which
from told import process_facts

PROC = "/proc"
CGROUPS = "/sys/fs/cgroup"
# More than it takes; on a machine whose driver is in trouble it takes for ever.
GPU_SECONDS = 2
GPU_WORDS = ["--query-gpu=utilization.gpu,memory.used,memory.total", "--format=csv,noheader,nounits"]
MOST_GPUS = 64
PS_SECONDS = 5
# One that its driver does not let end: no other is started before it is gone.
HANGING = []


def usage(request):
    """What keeps a process says of it, what it takes, and the GPUs of its host. Changes nothing."""
    process = process_facts(request, expand(request["home"]))
    return {"process": process, "taken": taken(process), "gpus": gpus()}


def taken(process):
    """CPU seconds and bytes of memory that a process and all that it started have taken; None where none lives."""
    pid = process.get("pid")
    at, table = time.monotonic(), processes() if pid else {}
    if pid not in table:
        return None
    own = family(pid, table, members_of(pid, process.get("unit")))
    return {"pid": pid, "started": table[pid]["started"], "at": at,
            "cpu": sum(table[each]["cpu"] for each in own), "memory": sum(table[each]["memory"] for each in own)}


def family(pid, table, others):
    """A process, those of its session and group, others that are known to be its own, and all that these started."""
    own = {each for each, about in table.items() if pid in (each, about["group"], about["session"]) or each in others}
    while True:
        more = {each for each, about in table.items() if about["parent"] in own and each not in own}
        if not more:
            return own
        own |= more


def members_of(pid, unit):
    """The processes that systemd keeps together with one, also where they have left its session; empty where it is not told."""
    try:
        with open("%s/%d/cgroup" % (PROC, pid), encoding="utf-8", errors="replace") as file:
            group = next(line[3:].rstrip("\n") for line in file if line.startswith("0::"))
        if not unit or os.path.basename(group) != unit["name"]:
            return ()
        with open("%s%s/cgroup.procs" % (CGROUPS, group), encoding="ascii") as file:
            return {int(each) for each in file.read().split()}
    except (OSError, StopIteration, ValueError):
        return ()


def processes():
    """All processes by their number: parent, group, session, start, CPU seconds and bytes of memory."""
    if not os.path.exists(PROC + "/self/stat"):
        return shown_by_ps()
    ticks, page = float(os.sysconf("SC_CLK_TCK")), os.sysconf("SC_PAGE_SIZE")
    found = {}
    for name in os.listdir(PROC):
        if not name.isdigit():
            continue
        try:
            with open("%s/%s/stat" % (PROC, name), "rb") as file:
                # A name may hold spaces and parentheses; what follows begins with field 3 of proc(5).
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        # With the time of those that have ended and were waited for: else it would shrink when one of them ends.
        cpu = sum(int(each) for each in fields[11:15]) / ticks
        found[int(name)] = {"parent": int(fields[1]), "group": int(fields[2]), "session": int(fields[3]), "cpu": cpu,
                            "started": fields[19].decode("ascii"), "memory": max(0, int(fields[21])) * page}
    return found


def shown_by_ps():
    """The same where there is no /proc: macOS. Of those that have ended it tells nothing."""
    import subprocess
    # BSD's ps takes all behind the first "=" of a word for a heading.
    columns = ["pid=", "ppid=", "pgid=", "rss=", "time=", "lstart="]
    words = ["ps", "-A"] + [word for column in columns for word in ("-o", column)]
    try:
        done = subprocess.run(words, timeout=PS_SECONDS, env=dict(os.environ, LC_ALL="C"), check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return {}
    found = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        shown = line.split(None, 5)
        try:
            pid, parent, group, kilobytes = (int(each) for each in shown[:4])
            found[pid] = {"parent": parent, "group": group, "session": group, "cpu": seconds(shown[4]),
                          "started": shown[5].strip(), "memory": kilobytes * 1024}
        except (ValueError, IndexError):
            continue
    return found


def seconds(text):
    """A time of ps in seconds: ``1-02:03:04``, ``02:03:04`` or ``3:04.56``."""
    days, _, clock = text.rpartition("-")
    total = 0.0
    for each in clock.split(":"):
        total = total * 60 + float(each)
    return total + (int(days) * 86400 if days else 0)


def gpus():
    """Of each GPU that nvidia-smi knows: how busy it is (percent), and MiB of memory that are used and that there are."""
    program = which("nvidia-smi")
    if not program or any(each.poll() is None for each in HANGING):
        return []
    import subprocess
    HANGING.clear()
    try:
        asked = subprocess.Popen([program] + GPU_WORDS, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
    except OSError:
        return []
    try:
        shown, _ = asked.communicate(timeout=GPU_SECONDS)
    except subprocess.TimeoutExpired:
        asked.kill()
        asked.stdout.close()
        HANGING.append(asked)
        return []
    return [each for each in map(whole_numbers, shown.decode("ascii", "replace").splitlines()[:MOST_GPUS]) if each]


def whole_numbers(line):
    """The three of a GPU; None where one is not known ([N/A]): half of it would show what is not so."""
    words = [each.strip() for each in line.split(",")]
    return [int(each) for each in words] if len(words) == 3 and all(each.isdigit() for each in words) else None
