"""Units of systemd: what keeps a process of ours where systemd runs."""

import os

PROPERTIES = ("ActiveState", "SubState", "Result", "MainPID", "ExecMainPID", "ExecMainCode", "ExecMainStatus", "NRestarts",
              "StateChangeTimestamp", "ControlGroup", "MemoryMax", "MemoryCurrent", "CPUQuotaPerSecUSec", "CPUUsageNSec")
# What a unit may be held to: its directive, how systemd shows it and the account of it, and the kernel's controller.
LIMITS = (("MemoryMax", "MemoryMax", "MemoryCurrent", "memory"), ("CPUQuota", "CPUQuotaPerSecUSec", "CPUUsageNSec", "cpu"))
# Older ones print the number.
UNSET = (None, "", "[not set]", str((1 << 64) - 1))
CGROUPS = "/sys/fs/cgroup"
# What a unit says was left out: see source/flower/unit.ts.
OMITTED = "# Left out: "
# The runtime's exit code for a refusal (faults.py).
REFUSED = 77
# Below these systemd's own codes begin: it could not even start the program.
SYSTEMD_CODES = range(200, 246)


def ask(kind, *words):
    """What systemctl prints; None where it does not answer."""
    import subprocess
    runtime = "/run/user/%d" % os.getuid()
    try:
        done = subprocess.run(["systemctl"] + (["--user"] if kind == "user" else []) + list(words), timeout=20,
                              env=dict(os.environ, LC_ALL="C", TZ="UTC", XDG_RUNTIME_DIR=runtime),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def read_text(path):
    """A unit's text; empty where it can't be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 16)
    except OSError:
        return ""


def unit_facts(unit, told):
    """What systemd says of the process that a unit keeps, with the reason that the process gave itself."""
    left_out = [line[len(OMITTED):].strip() for line in read_text(unit["path"]).splitlines() if line.startswith(OMITTED)]
    unit = dict(unit, omitted=list(left_out))
    shown = ask(unit["kind"], "show", "--property=" + ",".join(PROPERTIES), unit["name"])
    if shown is None:
        return {"state": "none", "unit": unit, "detail": "systemd does not answer"}
    found = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    # systemd passes over in silence what it may not do; the process itself has looked.
    if told.get("pid") == number(found.get("MainPID")):
        unit["omitted"] += [each for each in told.get("lacking") or [] if not any(line.startswith(each) for line in left_out)]
    unit["omitted"] += unheld(found)
    facts = {"unit": unit, "restarts": number(found.get("NRestarts")), "since": stamp(found.get("StateChangeTimestamp"))}
    facts.update(state_of(found, told))
    return facts


def unheld(found):
    """Limits of a unit that runs which nothing holds it to: systemd passes over what the kernel has no controller for."""
    if not number(found.get("MainPID")):
        return []
    return [directive + " (nothing on this host enforces it)"
            for directive, shown, account, controller in LIMITS
            if found.get(shown) not in UNSET + ("infinity",) and not holds(found, account, controller)]


def holds(found, account, controller):
    """Whether a controller takes care of a unit's group of processes.

    Its account alone does not tell: the time of a CPU is counted without the controller that limits it, and where that is
    there nobody may have asked for the account.
    """
    group = found.get("ControlGroup") or ""
    # The tree of cgroup v2, and that in which systemd keeps its groups with v1, where each controller has a tree of its own.
    if group and any(os.path.isdir(tree + group) for tree in (CGROUPS, CGROUPS + "/systemd")):
        return os.path.exists("%s%s/%s.max" % (CGROUPS, group, controller)) or os.path.isdir(CGROUPS + "/" + controller + group)
    return found.get(account) not in UNSET


def number(text):
    """A whole number, or 0."""
    return int(text) if text and text.isdigit() else 0


def stamp(text):
    """systemd's time as RFC 3339: ``Mon 2026-11-23 22:10:05 UTC``."""
    words = (text or "").split()
    return "%sT%sZ" % (words[1], words[2]) if len(words) == 4 and words[3] == "UTC" else None


def state_of(found, told):
    """A process's state in our own words."""
    active, main = found.get("ActiveState"), number(found.get("MainPID"))
    code = exit_code(found)
    own = told.get("detail") if told.get("pid") == number(found.get("ExecMainPID")) else None
    if active in ("active", "reloading", "deactivating") and main:
        facts = {"state": "running" if told.get("pid") == main else "starting", "pid": main}
        # It waits before it ends, so that a full disk makes no crashes of it (disk.py of the runtime).
        return dict(facts, detail=own) if told.get("phase") == "failed" and own else facts
    if active in ("activating", "active", "reloading", "deactivating"):
        return {"state": "starting", "exitCode": code, "detail": not_started(code) or own}
    if active == "failed":
        return {"state": "refused" if code == REFUSED else "failed", "exitCode": code,
                "detail": own if code == REFUSED else why_failed(found, code, own)}
    # What has ended in order is forgotten by systemd; the process itself has said it.
    if told.get("phase") == "ended" or told.get("state") == "left":
        return {"state": "finished", "exitCode": 0}
    return {"state": "stopped" if told else "none"}


def exit_code(found):
    """Its exit code, or the negative number of the signal that ended it; None where it has not ended."""
    kind, status = number(found.get("ExecMainCode")), number(found.get("ExecMainStatus"))
    if not kind:
        return None
    return status if kind == 1 else -status


def not_started(code):
    """A sentence for systemd's own exit codes; None for a program's."""
    return "systemd could not start it (%d)" % code if code in SYSTEMD_CODES else None


def why_failed(found, code, own):
    """The reason of systemd, with the process's own where it had time for any."""
    result = found.get("Result")
    if result == "start-limit-hit":
        why = "it ended again and again, and systemd has given up"
    elif result == "oom-kill":
        why = "the kernel ended it: there was no memory left for it"
    elif code in SYSTEMD_CODES:
        why = not_started(code)
    elif own:
        return own
    else:
        why = "it ended with %s" % ("exit code %d" % code if code is not None and code >= 0 else "signal %d" % -(code or 0))
    return "%s: %s" % (why, own) if own else why
