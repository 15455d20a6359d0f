#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run an init under random load and check that it loses and leaks nothing.

usage: soak.py SECONDS SEED INIT [OPTION]...
PROBE is the path of the program built from tests/probe.

Runs INIT [OPTION]... -- probe soak as PID 1 of a namespace, as a user of its own,
so that no other process fills the user's signal queue.

In each round soak.py makes orphans, one by one, all at once, or in a storm (see
probe/soak.c), lets processes join from outside, as docker exec does, stops main or
init for a while, and sends signals, the real-time ones with values that count up.
It then waits until no signal is pending and init has no child except main.  By then
main must have received every value, in order, and each other signal at least once.

What init holds, in memory and descriptors, must be the same in the last third of
the run as in the first.  In the end TERM must stop the container with main's
status.  The last line of output is a summary.
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
STATUS, TIMEOUT_S = 42, 30
LEDGER = struct.Struct("=4Q65Q65Q")
KILL, CHLD, CONT, STOP, TERM = 9, 17, 18, 19, 15
# The kernel discards a pending CONT when one of these is sent, and vice versa.
TERMINAL_STOPS = {20, 21, 22}
PLAIN = sorted(set(range(1, 32)) - {KILL, CHLD, CONT, STOP, TERM} - TERMINAL_STOPS)
QUEUED = range(32, 65)
# KiB by which memory may grow: two pages of stack that are rarely used.
SLACK = {"Rss": 8, "Private_Dirty": 8}
libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    pass


def equal(what, expected, actual):
    if expected != actual:
        raise Failure(f"{what}: expected {expected}, actual {actual}")


def wait_until(what, condition):
    end = time.monotonic() + TIMEOUT_S
    while not (result := condition()):
        if time.monotonic() > end:
            raise Failure(f"timed out waiting for {what}")
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
        # With -g, values arrive since Linux 6.9: PIDFD_SIGNAL_PROCESS_GROUP.
        self.values_arrive = "-g" not in command or kernel() >= (6, 9)
        self.sent, self.queued = [0] * 65, [0] * 65
        self.orders = self.rounds = self.joined = self.stops = self.lines = 0
        self.samples, self.complaints = [], []

    # ----------------------------------------------------- start and stop

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
        self.settle()

    def read_messages(self):
        for line in self.process.stderr:
            self.lines += 1
            if b"cannot" in line or line.startswith(b"probe: "):
                self.complaints = [line.decode(errors="replace").strip()]

    def finish(self):
        self.order("r", 3, 0)
        wait_until("three orphans", lambda: len(children_of(self.init)) == 4)
        start = time.monotonic()
        os.kill(self.init, TERM)
        equal("status", STATUS, self.process.wait(TIMEOUT_S))
        self.stop_ms = round((time.monotonic() - start) * 1000)
        if self.stop_ms > 4000:
            raise Failure(f"the stop took {self.stop_ms} ms")

    # --------------------------------------------------------------- load

    def ledger(self):
        with open(self.file.name, "rb") as file:
            values = LEDGER.unpack(file.read())
        return {"orders": values[0], "children": values[1], "made": values[2],
                "wrong": values[3], "received": values[4:69], "queued": values[69:]}

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
        """Let processes join from outside, whose orphans init adopts."""
        script = "n=0; while [ $n -lt %d ]; do (sleep 0.0%d &); n=$((n + 1)); done; exit 3"
        script %= self.random.randint(1, 5), self.random.randint(1, 9)
        try:
            joined = subprocess.run(
                ["nsenter", "-t", str(self.init), "-p", "-m", "sh", "-c", script],
                stderr=subprocess.DEVNULL)
        except BlockingIOError:  # no process can be created at the moment
            return
        if joined.returncode != 2:  # nor by that shell
            equal("status of the joined shell", 3, joined.returncode)
            self.joined += 1

    def send(self):
        """Send some signals of one kind, each up to 400 times."""
        kinds = self.random.choice(
            [PLAIN, PLAIN, QUEUED, QUEUED, QUEUED, sorted(TERMINAL_STOPS), [CHLD]])
        for sig in self.random.sample(list(kinds), min(len(kinds), self.random.randint(1, 5))):
            for _ in range(self.random.choice([1, 1, 10, 100, 400])):
                if kinds is not QUEUED:
                    os.kill(self.init, sig)
                    self.sent[sig] += 1
                elif libc.sigqueue(self.init, sig, ctypes.c_void_p(self.queued[sig] + 1)) == 0:
                    self.queued[sig] += 1
                    self.sent[sig] += 1

    def while_stopped(self, pid, load):
        """Apply the load while main or init is stopped, so that it piles up."""
        os.kill(pid, STOP)
        load()
        time.sleep(self.random.random() * 0.05)
        os.kill(pid, CONT)  # init forwards it
        self.sent[CONT] += pid == self.init
        self.stops += 1

    def round(self):
        before = self.ledger()["received"], list(self.sent)
        loads = [self.make_orphans, self.make_orphans, self.send, self.send, self.send, self.join]
        for _ in range(self.random.randint(1, 4)):
            load = self.random.choice(loads)
            if self.random.random() < 0.2 and load != self.join:
                # CONT must not meet a pending terminal stop, or one a pending CONT.
                self.settle()
                self.while_stopped(self.random.choice([self.main, self.init]), load)
                self.settle()
            else:
                load()
        self.settle()
        self.check_signals(*before)
        self.rounds += 1

    # ------------------------------------------------------------- checks

    def settle(self):
        """Wait until all orders and signals have been dealt with."""
        self.unsettled = None
        try:
            wait_until("everything to settle", self.is_settled)
        except Failure as failure:
            raise Failure(f"{failure}: {self.unsettled}") from None

    def is_settled(self):
        if self.process.poll() is not None:
            raise Failure(f"init exited early, with {self.process.returncode}")
        # The order matters: once init is idle it has forwarded all signals, and
        # once main is idle after that it has recorded them.
        idle = [self.is_idle(self.init), self.is_idle(self.main)]
        ledger, status = self.ledger(), fields(f"/proc/{self.init}/status")
        values = list(ledger["queued"]) if self.values_arrive else self.queued
        for sig in QUEUED:
            if ledger["received"][sig] >= self.sent[sig] and values[sig] != self.queued[sig]:
                raise Failure(f"values of signal {sig}: expected {self.queued[sig]}, "
                              f"actual {values[sig]}")
        for what, expected, actual in (
                ("orders", self.orders, ledger["orders"]),
                ("children of main", 0, ledger["children"]),
                ("children of init", [self.main], children_of(self.init)),
                ("values", self.queued, values),
                ("init and main are idle", [True, True], idle),
                ("queued signals", "0", status["SigQ"].split("/")[0].strip())):
            if expected != actual:
                self.unsettled = f"{what}: expected {expected}, actual {actual}"
                return False
        return True

    @staticmethod
    def is_idle(pid):
        """Does it sleep, with no signal pending?"""
        status = fields(f"/proc/{pid}/status")
        pending = int(status["ShdPnd"], 16) | int(status["SigPnd"], 16)
        return pending == 0 and status["State"].strip()[0] == "S"

    def check_signals(self, received_before, sent_before):
        ledger = self.ledger()
        equal("values out of order", 0, ledger["wrong"] if self.values_arrive else 0)
        for sig in range(1, 65):
            sent = self.sent[sig] - sent_before[sig]
            received = ledger["received"][sig] - received_before[sig]
            # A CHLD that was sent may coalesce with that of a child of main.  Each
            # stop of main sends it a CONT that init did not forward.
            lowest = 0 if sig in TERMINAL_STOPS | {CHLD, CONT} else min(sent, 1)
            highest = sent + self.stops if sig == CONT else sent
            if sig in QUEUED:
                lowest = sent
            if not lowest <= received <= highest:
                raise Failure(f"signal {sig}: {sent} sent, {received} received")

    def sample(self):
        """Record what init holds."""
        rollup = fields(f"/proc/{self.init}/smaps_rollup")
        status = fields(f"/proc/{self.init}/status")
        self.samples.append({
            **{name: int(rollup[name].split()[0]) for name in ("Rss", "Private_Dirty")},
            **{name: int(status[name].split()[0]) for name in ("VmPTE", "VmSize", "Threads")},
            "descriptors": len(os.listdir(f"/proc/{self.init}/fd"))})

    def check_growth(self):
        third = len(self.samples) // 3
        first, last = self.samples[:third], self.samples[-third:]
        for name in first[0]:
            before, after = (max(sample[name] for sample in part) for part in (first, last))
            if after > before + SLACK.get(name, 0):
                raise Failure(f"{name} grew from {before} to {after}")

    def summary(self):
        with open(f"/proc/{self.init}/stat") as file:
            words = file.read().rpartition(")")[2].split()
        ticks, made = int(words[11]) + int(words[12]), self.ledger()["made"]
        held = ", ".join(f"{name} {self.samples[0][name]} to {value}"
                         for name, value in self.samples[-1].items())
        return (f"{self.rounds} rounds, {made} orphans, {sum(self.sent)} signals "
                f"({sum(self.queued)} with values), {self.stops} stops, {self.joined} joined, "
                f"{self.lines} messages, {ticks / os.sysconf('SC_CLK_TCK'):.1f} s of CPU; {held}")

    def run(self):
        self.start()
        end, next_sample = time.monotonic() + self.seconds, 0
        while time.monotonic() < end:
            self.round()
            if time.monotonic() >= next_sample:
                self.sample()
                next_sample = time.monotonic() + self.seconds / 100
        summary = self.summary()
        self.check_growth()
        self.finish()
        equal("complaints", [], self.complaints)
        return f"{summary}; stopped in {self.stop_ms} ms"


def kernel():
    return tuple(int(word) for word in os.uname().release.split(".")[:2])


def main():
    seconds, seed, command = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    run = Run(int(seconds), seed, command)
    name = " ".join([os.path.basename(command[0]), *command[1:]])
    try:
        print(f"{name}: {run.run()}")
    except Failure as failure:
        sys.exit(f"{name}, seed {seed}, round {run.rounds}: {failure}")
    finally:
        process = getattr(run, "process", None)
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


main()
