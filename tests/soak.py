#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run an init for long, under random load, and see that nothing grows or is lost.

usage: soak.py SECONDS SEED INIT [OPTION]...     PROBE is tests/probe's program

INIT OPTION... -- probe soak is PID 1 of a namespace and its main, of a user of
their own, whose queue of signals nobody else fills.  In each round orphans are
made, by the hundred, all at once, or by a storm (CLONE_PARENT); processes join
from outside, as docker exec has them; main or init is stopped for a while; and
signals are sent, real-time ones with values that count up.  Then, when all is
calm: main has got every value, in order, and each other signal at least once;
there is no child but main, none that is a zombie, nothing pending.  Samples of
what init holds are the same in the last third of the run as in the first.  At
the end a TERM ends it, with main's status.  The last lines are figures.
"""
import ctypes
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

USER = 100000 + os.getpid()
STATUS, PATIENCE_S = 42, 30
LEDGER = struct.Struct("=4Q65Q65Q")
KILL, CHLD, CONT, STOP, TERM = 9, 17, 18, 19, 15
KEYS = {20, 21, 22}  # the kernel lets these and CONT annul each other
PLAIN = sorted(set(range(1, 32)) - {KILL, CHLD, CONT, STOP, TERM} - KEYS)
QUEUED = range(32, 65)
# What may differ by, in the last third: two pages of a stack rarely as deep.
SLACK = {"Rss": 8, "Private_Dirty": 8}
libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    pass


def equal(what, expected, came):
    if expected != came:
        raise Failure(f"{what}: expected {expected}, came {came}")


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE_S
    while not (result := condition()):
        if time.monotonic() > end:
            raise Failure(f"waited in vain for {what}")
        time.sleep(0.002)
    return result


def fields(path):
    with open(path) as file:
        return dict(line.split(":", 1) for line in file if ":" in line)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


class Run:
    def __init__(self, seconds, seed, command):
        self.random = random.Random(seed)
        self.command, self.seconds = command, seconds
        self.groups = "-g" in command
        self.values_reach = not self.groups or kernel() >= (6, 9)
        self.sent, self.queued = [0] * 65, [0] * 65
        self.orders = self.rounds = self.joined = self.stops = self.lines = 0
        self.samples, self.complaints = [], []

    # ------------------------------------------------------------ its life

    def start(self):
        file = tempfile.NamedTemporaryFile()
        file.truncate(LEDGER.size)
        os.chown(file.name, USER, USER)
        self.file = file
        self.process = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "setpriv",
             "--reuid", str(USER), "--regid", str(USER), "--clear-groups", *self.command,
             "--", os.environ["PROBE"], "soak", file.name, str(self.seconds + 120)],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        threading.Thread(target=self.read_messages, daemon=True).start()
        self.init = wait_until("init", lambda: children_of(self.process.pid))[0]
        self.main = wait_until("main", lambda: children_of(self.init))[0]
        self.order("o", 1, 0)
        self.calm()

    def read_messages(self):
        for line in self.process.stderr:
            self.lines += 1
            if b"cannot" in line or line.startswith(b"probe: "):
                self.complaints = [line.decode(errors="replace").strip()]

    def finish(self):
        self.order("r", 3, 0)
        wait_until("the rest", lambda: len(children_of(self.init)) == 4)
        start = time.monotonic()
        os.kill(self.init, TERM)
        equal("status", STATUS, self.process.wait(PATIENCE_S))
        self.stop_ms = round((time.monotonic() - start) * 1000)
        if self.stop_ms > 4000:
            raise Failure(f"the stop took {self.stop_ms} ms")

    # ------------------------------------------------------------- loads

    def ledger(self):
        with open(self.file.name, "rb") as file:
            values = LEDGER.unpack(file.read())
        return {"orders": values[0], "children": values[1], "made": values[2],
                "wrong": values[3], "heard": values[4:69], "queued": values[69:]}

    def order(self, verb, count, ms):
        self.process.stdin.write(struct.pack("=iii", ord(verb), count, ms))
        self.process.stdin.flush()
        self.orders += 1

    def make_orphans(self):
        verb = self.random.choice("ooasl")
        if verb == "s":
            self.order(verb, self.random.randint(1, 4), self.random.randint(20, 150))
        else:
            self.order(verb, self.random.randint(1, 200), self.random.choice([0, 5, 50]))

    def join(self):
        """Processes that come from outside, whose children become init's."""
        script = "n=0; while [ $n -lt %d ]; do (sleep 0.0%d &); n=$((n + 1)); done; exit 3"
        words = script % (self.random.randint(1, 5), self.random.randint(1, 9))
        try:
            came = subprocess.run(["nsenter", "-t", str(self.init), "-p", "-m", "sh", "-c", words],
                                  stderr=subprocess.DEVNULL)
        except BlockingIOError:  # the machine has no process left for a moment
            return
        if came.returncode != 2:  # as above, for that shell
            equal("status of what joined", 3, came.returncode)
            self.joined += 1

    def send(self):
        """Some signals, many times each: plain ones, or queued ones, or keys."""
        kinds = self.random.choice([PLAIN, PLAIN, QUEUED, QUEUED, QUEUED, sorted(KEYS), [CHLD]])
        for sig in self.random.sample(list(kinds), min(len(kinds), self.random.randint(1, 5))):
            for _ in range(self.random.choice([1, 1, 10, 100, 400])):
                if kinds is not QUEUED:
                    os.kill(self.init, sig)
                    self.sent[sig] += 1
                elif libc.sigqueue(self.init, sig, ctypes.c_void_p(self.queued[sig] + 1)) == 0:
                    self.queued[sig] += 1
                    self.sent[sig] += 1

    def while_stopped(self, pid, load):
        """All of it waits, coalesced or queued, for who is stopped."""
        os.kill(pid, STOP)
        load()
        time.sleep(self.random.random() * 0.05)
        os.kill(pid, CONT)  # init hears it and sends it on
        self.sent[CONT] += pid == self.init
        self.stops += 1

    def round(self):
        before = self.ledger()["heard"], list(self.sent)
        loads = [self.make_orphans, self.make_orphans, self.send, self.send, self.send, self.join]
        for _ in range(self.random.randint(1, 4)):
            load = self.random.choice(loads)
            if self.random.random() < 0.2 and load != self.join:
                # Nobody may annul CONT meanwhile, nor may CONT a key.
                self.calm()
                self.while_stopped(self.random.choice([self.main, self.init]), load)
                self.calm()
            else:
                load()
        self.calm()
        self.compare(*before)
        self.rounds += 1

    # ------------------------------------------------------------- checks

    def calm(self):
        """Wait for it: all has come, and nothing is left of it."""
        self.waits_for = None
        try:
            wait_until("calm", self.is_calm)
        except Failure as failure:
            raise Failure(f"{failure}: {self.waits_for}") from None

    def is_calm(self):
        if self.process.poll() is not None:
            raise Failure(f"it has ended, with {self.process.returncode}")
        # Both wait, in this order: what init has taken it has sent on, and what
        # it has sent main has put down.
        waits = [self.waits(self.init), self.waits(self.main)]
        ledger, status = self.ledger(), fields(f"/proc/{self.init}/status")
        values = list(ledger["queued"]) if self.values_reach else self.queued
        for sig in QUEUED:
            if ledger["heard"][sig] >= self.sent[sig] and values[sig] != self.queued[sig]:
                raise Failure(f"values of signal {sig}: expected {self.queued[sig]}, "
                              f"came {values[sig]}")
        for what, expected, came in (
                ("orders", self.orders, ledger["orders"]),
                ("children of main", 0, ledger["children"]),
                ("children of init", [self.main], children_of(self.init)),
                ("values", self.queued, values),
                ("they wait", [True, True], waits),
                ("of the queue", "0", status["SigQ"].split("/")[0].strip())):
            if expected != came:
                self.waits_for = f"{what}: expected {expected}, came {came}"
                return False
        return True

    @staticmethod
    def waits(pid):
        """Has it nothing to do: no signal is pending, and it sleeps?"""
        status = fields(f"/proc/{pid}/status")
        pending = int(status["ShdPnd"], 16) | int(status["SigPnd"], 16)
        return pending == 0 and status["State"].strip()[0] == "S"

    def compare(self, heard_before, sent_before):
        ledger = self.ledger()
        equal("values out of order", 0, ledger["wrong"] if self.values_reach else 0)
        for sig in range(1, 65):
            sent = self.sent[sig] - sent_before[sig]
            heard = ledger["heard"][sig] - heard_before[sig]
            # main's own children may take the place of a CHLD that was sent; and
            # main has a CONT of its own where it was stopped.
            least = 0 if sig in KEYS | {CHLD, CONT} else min(sent, 1)
            most = sent + self.stops if sig == CONT else sent
            if sig in QUEUED:
                least = sent
            if not least <= heard <= most:
                raise Failure(f"signal {sig}: {sent} sent, {heard} heard")

    def sample(self):
        rollup = fields(f"/proc/{self.init}/smaps_rollup")
        status = fields(f"/proc/{self.init}/status")
        self.samples.append({
            **{name: int(rollup[name].split()[0]) for name in ("Rss", "Private_Dirty")},
            **{name: int(status[name].split()[0]) for name in ("VmPTE", "VmSize", "Threads")},
            "descriptors": len(os.listdir(f"/proc/{self.init}/fd"))})

    def compare_samples(self):
        third = len(self.samples) // 3
        first, last = self.samples[:third], self.samples[-third:]
        for name in first[0]:
            start, end = (max(sample[name] for sample in part) for part in (first, last))
            if end > start + SLACK.get(name, 0):
                raise Failure(f"{name} grew from {start} to {end}")

    def figures(self):
        with open(f"/proc/{self.init}/stat") as file:
            words = file.read().rpartition(")")[2].split()
        ticks, made = int(words[11]) + int(words[12]), self.ledger()["made"]
        held = ", ".join(f"{name} {self.samples[0][name]} to {value}"
                         for name, value in self.samples[-1].items())
        return (f"{self.rounds} rounds, {made} orphans, {sum(self.sent)} signals "
                f"({sum(self.queued)} with values), {self.stops} stops, {self.joined} joined, "
                f"{self.lines} lines said, {ticks / os.sysconf('SC_CLK_TCK'):.1f} s of CPU; {held}")

    def all(self):
        self.start()
        end, next_sample = time.monotonic() + self.seconds, 0
        while time.monotonic() < end:
            self.round()
            if time.monotonic() >= next_sample:
                self.sample()
                next_sample = time.monotonic() + self.seconds / 100
        figures = self.figures()
        self.compare_samples()
        self.finish()
        equal("complaints", [], self.complaints)
        return f"{figures}; stopped in {self.stop_ms} ms"


def kernel():
    return tuple(int(word) for word in os.uname().release.split(".")[:2])


def main():
    seconds, seed, command = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    run = Run(int(seconds), seed, command)
    name = " ".join([os.path.basename(command[0]), *command[1:]])
    try:
        print(f"{name}: {run.all()}")
    except Failure as failure:
        sys.exit(f"{name}, seed {seed}, round {run.rounds}: {failure}")
    finally:
        process = getattr(run, "process", None)
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


main()
