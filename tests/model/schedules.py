#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random lives of the real program: options, signals, mains and workers.

usage: schedules.py MINIREAP ACTOR [SCHEDULES [SEED]]

Each life runs in PID and mount namespaces of its own, every other one as PID 1;
every eighth under strace, for what is sent to whom.  What is checked: it
ends, in time, with main's status; nothing outlives it; no signal goes to
main's number once main was reaped.  A failure prints its seed and how to run
that one alone.  Times are in milliseconds.
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

LIMIT = 3000  # the contract: TIME + 3 s
GIVE_UP = 20
CLONE_SLOWLY = 700  # strace and the namespaces


class Life:
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
        # Main: ends by itself, ends when asked to, or never.
        self.main = r.choice(["ends", "obeys", "obeys", "slow", "deaf"])
        self.code = r.randrange(90)
        self.workers = [r.choice(["obeys", "slow", "deaf", "ends", "stopped"])
                        for _ in range(r.randrange(4))]
        self.main_ms = r.choice([0, 20, 100, 250])
        # (at, signal); CONT and CHLD and others in any order; stops at last.
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

    def play(self, kind, code, ms):
        """Words for the actor: nothing but what is meant may end it."""
        hears = []
        for sig in (10, 12, 1, 28, 40, 63):
            hears += ["ignore", str(sig)]
        stops = {15, self.stop}
        if kind == "obeys":
            for sig in stops:
                hears += ["quit", str(sig), "0", str(code)]
        elif kind in ("slow", "stopped"):
            for sig in stops:
                hears += ["quit", str(sig), "80", str(code)]
        else:
            for sig in stops:
                hears += ["ignore", str(sig)]
        hears += ["mark", "ready"]
        if kind == "ends":
            return hears + ["sleep", str(ms), "exit", str(code)]
        if kind == "stopped":
            hears += ["stop"]
        return hears + ["live"]

    def words(self):
        out = []
        for n, kind in enumerate(self.workers):
            out += ["fork", "{", "session" if n % 2 else "group"]
            out += self.play(kind, 0, self.main_ms + 100) + ["}"]
        out += ["await", "ready", str(len(self.workers))] if self.workers else []
        return out + self.play(self.main, self.code, self.main_ms)

    def statuses(self, stop_came):
        """Those that are right."""
        if self.main == "deaf":
            return {137}
        if self.main == "ends" and stop_came and self.grace is not None:
            return {self.code, 137}  # it may not have got so far
        return {self.code} | ({137} if self.main == "slow" and
                              self.grace is not None and self.grace <= 200
                              else set()) | (
                              {137} if self.main == "obeys" and
                              self.grace == 0 else set())

    def ends_unasked(self):
        """Without a stop signal: main does, and the rest is no reason."""
        return self.main == "ends" and (
            not self.wait or all(w == "ends" for w in self.workers))


class Failure(Exception):
    pass


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(n) for n in f.read().split()]
    except OSError:
        return []


def wait_for(what, found, seconds=10.0):
    until = time.monotonic() + seconds
    while True:
        value = found()
        if value:
            return value
        if time.monotonic() > until:
            raise Failure(f"waited in vain: {what}")
        time.sleep(0.002)


def lines(name):
    try:
        with open(name, encoding="ascii") as f:
            return len(f.readlines())
    except OSError:
        return 0


def command(life, minireap, actor, strace_to):
    trace = ["strace", "-o", strace_to, "-e",
             "trace=kill,tkill,tgkill,rt_sigqueueinfo,pidfd_open,"
             "pidfd_send_signal,wait4,vfork,fork,clone"] if life.traced else []
    run = [minireap, *life.options(), "--", actor, *life.words()]
    unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if life.is_pid1:  # strace inside would be PID 1 itself
        return trace[:1] + ["-f"] + trace[1:] + unshare + run if trace \
            else unshare + run
    # Below a shell that then looks who is left: itself.
    script = '"$@"; status=$?; set -- /proc/[0-9]*; echo $# >left; exit $status'
    return unshare + ["sh", "-c", script, "sh", *trace, *run]


def find_init(process, minireap):
    """Whichever process below executes the program, and not strace."""
    name = os.path.basename(minireap)

    def look():
        if process.poll() is not None:
            return -1
        left = [process.pid]
        while left:  # the first: main is called so too until it executes
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


def check_trace(name, life):
    """No signal to main's number behind its reaping."""
    main = None
    reaped = False
    descriptors = {}
    with open(name, encoding="utf-8", errors="replace") as f:
        calls = f.read().splitlines()
    if life.is_pid1:  # strace -f: the second process is init
        calls = init_of_namespace(calls)
    for call in calls:
        match = re.match(r"(?:vfork|fork|clone)\(.*= (\d+)", call) or \
            re.match(r"<\.\.\. (?:vfork|fork|clone) resumed>.*= (\d+)", call)
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
    if not life.is_pid1 and any(re.match(r"kill\(-1,", c) for c in calls):
        raise Failure("kill(-1) though not PID 1")


def init_of_namespace(calls):
    pids = []
    out = []
    for call in calls:
        pid, _, rest = call.partition(" ")
        if pid not in pids:
            pids.append(pid)
        if len(pids) > 1 and pid == pids[1]:
            out.append(rest.strip())
    return out


def talk(life, init, process):
    """Send what the schedule says, then a stop if that is wanted.  When the
    first stop signal went out; None."""
    first = None
    begin = time.monotonic()
    sent = list(life.signals)
    if not life.ends_unasked() and not any(s == life.stop for _, s in sent):
        sent.append((450, life.stop))
    for at, sig in sent:
        time.sleep(max(0, begin + at / 1000 - time.monotonic()))
        if process.poll() is not None:
            break
        try:
            os.kill(init, sig)
        except ProcessLookupError:
            break
        if sig == life.stop and first is None:
            first = time.monotonic()
    return first


def needs_help(life):
    """No deadline, and somebody who ignores all that may be sent."""
    return life.grace is None and (
        life.main == "deaf" or
        (life.wait and any(w in ("deaf", "ends") for w in life.workers)))


def most_ms(life):
    return (life.delay or 0) + (life.grace or 0) + LIMIT + \
        (CLONE_SLOWLY if life.traced else 0)


def kill_children(life, init):
    """What init may not: end those that nothing else can."""
    for pid in children(init):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def live(life, minireap, actor):
    words = command(life, minireap, actor, "calls")
    with open("err", "wb") as err:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=err, restore_signals=True)
    try:
        init = find_init(process, minireap)
        wait_for("main", lambda: lines("ready") > len(life.workers) or
                 process.poll() is not None)
        first = talk(life, init, process) if init > 0 else None
        began = first or time.monotonic()
        until = time.monotonic() + GIVE_UP
        while process.poll() is None:
            if needs_help(life) and time.monotonic() > began + 0.5:
                kill_children(life, init)
            if time.monotonic() > until:
                raise Failure("hangs")
            time.sleep(0.003)
        took = (time.monotonic() - began) * 1000
    finally:
        if process.poll() is None:
            for pid in children(process.pid) + [process.pid]:
                os.kill(pid, signal.SIGKILL)
            process.wait()
    check(life, process.returncode, took, first is not None)


def check(life, status, took, stop_came):
    if status not in life.statuses(stop_came):
        raise Failure(f"status {status}, not one of "
                      f"{life.statuses(stop_came)}")
    if life.grace is not None and took > most_ms(life):
        raise Failure(f"took {took:.0f} ms, more than {most_ms(life)}")
    if not life.is_pid1 and life.grace is not None:
        with open("left", encoding="ascii") as f:
            left = int(f.read())
        if left > 1:
            raise Failure(f"{left - 1} processes outlive it")
    if life.traced:
        check_trace("calls", life)


def one(seed, minireap, actor):
    """In a process of its own, for its directory."""
    life = Life(seed)
    with tempfile.TemporaryDirectory(prefix="minireap.") as directory:
        os.chdir(directory)
        try:
            live(life, minireap, actor)
        except Failure as failure:
            with open("err", encoding="utf-8", errors="replace") as err:
                said = err.read()[:1000]
            return (f"seed {seed}: {failure}\n"
                    f"  pid1={life.is_pid1} traced={life.traced} "
                    f"signals={life.signals}\n"
                    f"  main={life.main} workers={life.workers}\n"
                    f"  minireap {' '.join(life.options())} -- "
                    f"actor {' '.join(life.words())}\n"
                    f"  {said}  alone: schedules.py MINIREAP ACTOR 1 {seed}")
        finally:
            os.chdir("/")
    return None


def main():
    minireap, actor = (os.path.abspath(a) for a in sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    with concurrent.futures.ProcessPoolExecutor(8) as pool:
        results = pool.map(one, range(seed, seed + count),
                           [minireap] * count, [actor] * count)
        failures = [r for r in results if r]
    for failure in failures:
        print(failure)
    print(f"{count} schedules, {len(failures)} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
