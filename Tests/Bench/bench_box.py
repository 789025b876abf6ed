"""The box as it is flashed: how large, how soon it answers, and what it needs while nothing is to be done.

It runs in QEMU without KVM, with two processors and 1 GB, and is left alone for MINUTES=10.
"""

import os
import re
import tempfile
import time

import appliance
import debian

MINUTES = float(os.environ.get("MINUTES", "10"))
# Once the first boot has done what only a first boot does.
SETTLED = 120


def figures(say):
    obstacle = appliance.obstacle()
    if obstacle:
        say(f"The box is not measured. {obstacle}")
        return
    say(f"The box in QEMU, computed (no KVM), for {MINUTES:g} minutes at rest")
    with tempfile.TemporaryDirectory(prefix="sprout-image-") as folder:
        image = debian.build_image(folder)
        say(f"  image                     {image.stat().st_size >> 20:6} MiB, {image.stat().st_blocks >> 11} MiB of them not empty")
        box = appliance.Appliance(image)
        try:
            box.start()
            say(f"  power-on to dashboard     {box.seconds():6.0f} s")
            time.sleep(SETTLED)
            before, began = counters(box), time.monotonic()
            time.sleep(MINUTES * 60)
            after, seconds = counters(box), time.monotonic() - began
            written = (after["sectors"] - before["sectors"]) * 512
            say(f"  written                   {written * 86400 / seconds / 1e6:6.0f} MB a day   (allowed: 1000)")
            for part in ("daemons", "consoles"):
                share = (after[part] - before[part]) / seconds / 1e4
                say(f"  processor, {part:14} {share:6.2f} % of one, as QEMU computes it, which takes ten times as long and more")
            say(f"  memory, our daemons       {memory(box):6.0f} MiB, PSS, with nginx   (allowed: 250, aim: 60)")
        finally:
            box.close()


def counters(box):
    sectors = int(box.shell("cat /sys/block/vda/stat").split()[6])
    said = box.shell("grep usage_usec /sys/fs/cgroup/sprout.slice/*.service/cpu.stat")
    usage = {unit: int(time) for unit, time in re.findall(r"sprout-(\w+)\.service/cpu\.stat:usage_usec (\d+)", said)}
    consoles = sum(usage.pop(unit, 0) for unit in ("console", "serial"))
    return {"sectors": sectors, "daemons": sum(usage.values()), "consoles": consoles}


def memory(box):
    return int(box.shell(
        "for file in /sys/fs/cgroup/sprout.slice/*.service/cgroup.procs; do cat $(sed 's|.*|/proc/&/smaps_rollup|' $file); done"
        " | awk '/^Pss:/ { sum += $2 } END { print sum }'")) / 1024
