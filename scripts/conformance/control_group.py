"""Runs a command in a control group of its own that may have so many bytes of memory.

    control_group.py BYTES COMMAND...

The exit status is the command's; 1 if the system killed a process of it for its memory, and 77, with
the reason, where no group can be made: that takes root, and a place for groups that may be written.
"""
import os
import pathlib
import subprocess
import sys

top = pathlib.Path("/sys/fs/cgroup")


def place():
    """A new group in this process's own, or beside that where its version forbids it, with the
    name of the file that limits it."""
    name = f"pixeldrill-{os.getpid()}"
    problem = "there are no control groups"
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            parents, limit = [top / "memory" / path[1:]], "memory.limit_in_bytes"
        elif number == "0" and not controllers:
            own = top / path[1:]
            parents, limit = [own, own.parent] if own != top else [own], "memory.max"
        else:
            continue
        for parent in parents:
            group = parent / name
            try:
                group.mkdir()
            except OSError as error:
                problem = error
                continue
            if (group / limit).exists():
                return group, limit
            group.rmdir()
            problem = f"{parent} gives no limits of memory"
    print(problem)
    sys.exit(77)


def kills(group):
    """How many processes the system has killed for their memory."""
    for name in ("memory.oom_control", "memory.events"):
        if (group / name).exists():
            for line in (group / name).read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    return 0


group, limit = place()
try:
    (group / limit).write_text(sys.argv[1])
    # What is swapped out would not be noticed.
    for name in ("memory.memsw.limit_in_bytes", "memory.swap.max"):
        if (group / name).exists():
            (group / name).write_text(sys.argv[1] if "memsw" in name else "0")
    procs = group / "cgroup.procs"
    run = subprocess.run(sys.argv[2:], preexec_fn=lambda: procs.write_text(str(os.getpid())))
    killed = kills(group)
    if killed:
        print(f"{killed} processes were killed for their memory")
    sys.exit(1 if killed else run.returncode)
finally:
    group.rmdir()
