#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the real program with random options, signals, mains and workers.

usage: schedules.py MINIREAP ACTOR [SCHEDULES [SEED]]

Each schedule runs in its own PID and mount namespaces, about half of them as
PID 1; every eighth runs under strace, which records the signals sent.  Init
must exit in time with main's status, no process may outlive it, and no signal
may be sent to main's pid after main has been reaped.  A failure is printed with
its seed and the command that repeats it.  Times are in milliseconds.
"""
import concurrent.futures
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

LIMIT = 3000  # a stop takes at most the grace and 3 s
TIMEOUT_S = 20
STRACE_SLACK = 700  # strace slows down the start


class Schedule:
    """One schedule, made from its seed."""

    def __init__(self, seed):
        r = random.Random(seed)
        self.seed = seed
        self.is_pid1 = r.random() < 0.5
        self.traced = seed % 8 == 0
        self.grace = r.choice([0, 100, 300, 600]) if r.random() < 0.8 else None
        self.delay = r.choice([0, 100, 300]) if r.random() < 0.3 else None
        self.wait = r.random() < 0.3
        self.stop = r.choice([15, 15, 15, 3, 2, 36, 64])
        self.scope = r.choice(["-c", "-c", "-g", "--session"])
        # What a process does: see words_for().
        self.main = r.choice(["exits", "obeys", "obeys", "slow", "ignores"])
        self.code = r.randrange(90)
        self.workers = [
            r.choice(["obeys", "slow", "ignores", "exits", "stopped"])
            for _ in range(r.randrange(4))]
        self.main_ms = r.choice([0, 20, 100, 250])
        # (time, signal)
        self.signals = sorted(
            (r.randrange(400), r.choice([10, 12, 1, 17, 18, 28, 40, 63,
                                         self.stop]))
            for _ in range(r.randrange(6)))

    def options(self):
        out = [self.scope, f"-S{self.stop}"]
        if self.grace is not None:
            out += [f"-t{self.grace}ms"]
        if self.delay is not None:
            out += [f"-d{self.delay}ms"]
        if self.wait:
            out += ["-b"]
        return out

    def words_for(self, kind, code, ms):
        """The actor's words for a process of this kind.

        It exits by itself after ms ("exits"), on a stop signal ("obeys"), 80 ms
        after one ("slow", "stopped"), or never ("ignores")."""
        words = []
        for sig in (10, 12, 1, 28, 40, 63):
            words += ["ignore", str(sig)]
        stops = {15, self.stop}
        if kind == "obeys":
            for sig in stops:
                words += ["quit", str(sig), "0", str(code)]
        elif kind in ("slow", "stopped"):
            for sig in stops:
                words += ["quit", str(sig), "80", str(code)]
        else:
            for sig in stops:
                words += ["ignore", str(sig)]
        words += ["mark", "ready"]
        if kind == "exits":
            return words + ["sleep", str(ms), "exit", str(code)]
        if kind == "stopped":
            words += ["stop"]
        return words + ["live"]

    def words(self):
        out = []
        for n, kind in enumerate(self.workers):
            out += ["fork", "{", "session" if n % 2 else "group"]
            out += self.words_for(kind, 0, self.main_ms + 100) + ["}"]
        out += ["await", "ready", str(len(self.workers))] if self.workers else []
        return out + self.words_for(self.main, self.code, self.main_ms)

    def statuses(self, stop_sent):
        """The exit statuses that are allowed."""
        if self.main == "ignores":
            return {137}
        allowed = {self.code}
        if self.grace is not None and (
                self.main == "exits" and stop_sent or
                self.main == "slow" and self.grace <= 200 or
                self.main == "obeys" and self.grace == 0):
            allowed.add(137)  # the grace may end before main exits
        return allowed

    def exits_without_stop(self):
        """Does init exit even if it receives no stop signal?"""
        return self.main == "exits" and (
            not self.wait or all(w == "exits" for w in self.workers))


class Failure(Exception):
    pass


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(n) for n in f.read().split()]
    except OSError:
        return []


def wait_for(what, condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise Failure(f"timed out waiting for {what}")
        time.sleep(0.002)
    return result


def count_lines(name):
    try:
        with open(name, encoding="ascii") as f:
            return len(f.readlines())
    except OSError:
        return 0


def command(schedule, minireap, actor, trace_file):
    trace = ["strace", "-o", trace_file, "-e",
             "trace=kill,tkill,tgkill,rt_sigqueueinfo,pidfd_open,"
             "pidfd_send_signal,wait4,fork,clone,clone3"]
    if not schedule.traced:
        trace = []
    run = [minireap, *schedule.options(), "--", actor, *schedule.words()]
    unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if schedule.is_pid1:  # strace inside would be PID 1 itself
        return trace[:1] + ["-f"] + trace[1:] + unshare + run if trace \
            else unshare + run
    # The shell is PID 1.  At the end it counts the processes: 1 is itself.
    script = '"$@"; status=$?; set -- /proc/[0-9]*; echo $# >left; exit $status'
    return unshare + ["sh", "-c", script, "sh", *trace, *run]


def find_init(process, minireap):
    """The pid of init, or -1 if it has exited already."""
    name = os.path.basename(minireap)

    def look():
        if process.poll() is not None:
            return -1
        left = [process.pid]
        while left:  # breadth first: until its exec, main has the same name
            pid = left.pop(0)
            left += children(pid)
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as f:
                    if f.read().strip() == name[:15]:
                        return pid
            except OSError:
                pass
        return None
    return wait_for("init", look)


def check_trace(name, schedule):
    """Check that no signal was sent to main's pid after main was reaped."""
    main = None
    reaped = False
    descriptors = {}
    with open(name, encoding="utf-8", errors="replace") as f:
        calls = f.read().splitlines()
    if schedule.is_pid1:  # strace -f: the second process is init
        calls = calls_of_init(calls)
    for call in calls:
        match = re.match(r"(?:fork|clone3?)\(.*= (\d+)", call) or \
            re.match(r"<\.\.\. (?:fork|clone3?) resumed>.*= (\d+)", call)
        if match and main is None:
            main = match[1]
        match = re.match(r"wait4\(.*= (\d+)$", call)
        if match and match[1] == main:
            reaped = True
        if not reaped or main is None:
            continue
        match = re.match(r"pidfd_open\((\d+).*= (\d+)$", call)
        if match:
            descriptors[match[2]] = match[1]
        match = re.match(r"pidfd_send_signal\((\d+)", call)
        if match and descriptors.get(match[1]) == main:
            raise Failure(f"main was sent a signal after its reaping: {call}")
        if re.match(rf"(kill|tkill|rt_sigqueueinfo)\(-?{main},", call):
            raise Failure(f"main was sent a signal after its reaping: {call}")
    if main is None:
        raise Failure("the trace does not show how main was started")
    if not schedule.is_pid1 and any(re.match(r"kill\(-1,", c) for c in calls):
        raise Failure("kill(-1) though not PID 1")


def calls_of_init(calls):
    pids = []
    out = []
    for call in calls:
        pid, _, rest = call.partition(" ")
        if pid not in pids:
            pids.append(pid)
        if len(pids) > 1 and pid == pids[1]:
            out.append(rest.strip())
    return out


def send_signals(schedule, init, process):
    """Send the signals, and a stop signal at the end if it takes one.  Returns
    when the first stop signal was sent, or None."""
    first = None
    begin = time.monotonic()
    sent = list(schedule.signals)
    if not schedule.exits_without_stop() and \
            not any(s == schedule.stop for _, s in sent):
        sent.append((450, schedule.stop))
    for at, sig in sent:
        time.sleep(max(0, begin + at / 1000 - time.monotonic()))
        if process.poll() is not None:
            break
        try:
            os.kill(init, sig)
        except ProcessLookupError:
            break
        if sig == schedule.stop and first is None:
            first = time.monotonic()
    return first


def needs_help(schedule):
    """Is there no deadline, but a process that ignores the stop signals?"""
    return schedule.grace is None and (
        schedule.main == "ignores" or
        (schedule.wait and
         any(w in ("ignores", "exits") for w in schedule.workers)))


def max_ms(schedule):
    return (schedule.delay or 0) + (schedule.grace or 0) + LIMIT + \
        (STRACE_SLACK if schedule.traced else 0)


def kill_children(init):
    for pid in children(init):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def run(schedule, minireap, actor):
    words = command(schedule, minireap, actor, "calls")
    with open("err", "wb") as err:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=err, restore_signals=True)
    try:
        init = find_init(process, minireap)
        wait_for("main", lambda: process.poll() is not None or
                 count_lines("ready") > len(schedule.workers))
        first_stop = None
        if init > 0:
            first_stop = send_signals(schedule, init, process)
        start = first_stop or time.monotonic()
        deadline = time.monotonic() + TIMEOUT_S
        while process.poll() is None:
            if needs_help(schedule) and time.monotonic() > start + 0.5:
                kill_children(init)
            if time.monotonic() > deadline:
                raise Failure("init did not exit")
            time.sleep(0.003)
        took = (time.monotonic() - start) * 1000
    finally:
        if process.poll() is None:
            for pid in children(process.pid) + [process.pid]:
                os.kill(pid, signal.SIGKILL)
            process.wait()
    check(schedule, process.returncode, took, first_stop is not None)


def check(schedule, status, took, stop_sent):
    if status not in schedule.statuses(stop_sent):
        raise Failure(f"status {status}, not one of "
                      f"{schedule.statuses(stop_sent)}")
    if schedule.grace is not None and took > max_ms(schedule):
        raise Failure(f"took {took:.0f} ms, more than {max_ms(schedule)}")
    if not schedule.is_pid1 and schedule.grace is not None:
        with open("left", encoding="ascii") as f:
            left = int(f.read())
        if left > 1:
            raise Failure(f"{left - 1} processes outlive it")
    if schedule.traced:
        check_trace("calls", schedule)


def run_seed(seed, minireap, actor):
    """Run in a process of its own, because it changes the working directory.
    Returns a description of the failure, or None."""
    schedule = Schedule(seed)
    with tempfile.TemporaryDirectory(prefix="minireap.") as directory:
        os.chdir(directory)
        try:
            run(schedule, minireap, actor)
        except Failure as failure:
            with open("err", encoding="utf-8", errors="replace") as err:
                messages = err.read()[:1000]
            return (f"seed {seed}: {failure}\n"
                    f"  pid1={schedule.is_pid1} traced={schedule.traced} "
                    f"signals={schedule.signals}\n"
                    f"  main={schedule.main} workers={schedule.workers}\n"
                    f"  minireap {' '.join(schedule.options())} -- "
                    f"actor {' '.join(schedule.words())}\n"
                    f"  {messages}  to repeat: "
                    f"schedules.py MINIREAP ACTOR 1 {seed}")
        finally:
            os.chdir("/")
    return None


def main():
    minireap, actor = (os.path.abspath(a) for a in sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    with concurrent.futures.ProcessPoolExecutor(8) as pool:
        results = pool.map(run_seed, range(seed, seed + count),
                           [minireap] * count, [actor] * count)
        failures = [r for r in results if r]
    for failure in failures:
        print(failure)
    print(f"{count} schedules, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
