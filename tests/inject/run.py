#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Let every system call of init's fail, one at a time, and see it cope.

usage: run.py MINIREAP ACTOR [CALL]...
(ACTOR is built of tests/model/actor.c; for CALLs with -pie.)

Each scenario runs once under strace: what init called, and its child between
vfork and exec, is what can fail.  Then, for each call seen, each error of
ERRORS is injected at its first, second and last occurrence, and those of
REFUSALS from the first on, as a sandbox or an old kernel has it, and a rule must
hold: see verdict().  Nothing here knows where in the source a call is.

MINIREAP_INJECT is how many injections, a sample of all; "all" is all.
MINIREAP_INJECT_SEED chooses another sample, MINIREAP_INJECT_ONLY what of it
to run: a part of "scenario: role call ERROR when".

With CALLs nothing is injected: each scenario runs with all others refused to
minireap, and each must be seen.  MINIREAP_INJECT_WITHOUT are some of them that
are refused, too.
"""
import collections
import concurrent.futures
import ctypes
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from scenarios import HOST, SCENARIOS, TERM, USR2

MINIREAP, ACTOR = sys.argv[1:3]
CALLS = sys.argv[3:]
WITHOUT = os.environ.get("MINIREAP_INJECT_WITHOUT", "").split()
LIMIT = 2.0  # seconds for any one thing to happen
PATIENCE = 4  # times that, for what has failed once: the machine may be busy
WORKERS = 2
CHLD = signal.SIGCHLD

# ------------------------------------------------------------- what can fail

# Errors by call.  What is not here, a call that init may make one day, fails
# by OTHERS.
OTHERS = "EPERM ENOSYS ENOMEM EIO EINVAL"
ERRORS = {
    "access faccessat faccessat2": "EACCES ENOENT EIO ENOMEM EPERM",
    "chdir": "EACCES ENOENT EIO ENOMEM",
    "clock_gettime": "",
    "close": "EINTR EIO EBADF",
    "close_range": "ENOSYS EPERM EINVAL ENOMEM EMFILE",
    "dup2 dup3": "EMFILE EBADF EINTR EBUSY",
    "execve": "ENOENT EACCES EPERM ENOMEM E2BIG EIO EMFILE ENFILE ETXTBSY EAGAIN ELOOP ENOTDIR",
    "fcntl": "EMFILE EINVAL EPERM",
    "getdents64": "EIO ENOENT ENOMEM",
    "getpgid getsid": "ESRCH EPERM",
    "ioctl": "ENOTTY EIO EPERM EINVAL",
    "kill": "EPERM ESRCH ENOSYS",
    "lseek": "ESPIPE EINVAL",
    "mmap": "ENOMEM EPERM EAGAIN",
    "munmap": "EINVAL ENOMEM",
    "open openat": "ENOENT EACCES EPERM EMFILE ENFILE ENOMEM EINTR EIO ENXIO ELOOP ENOSYS",
    "pidfd_open": "ENOSYS EPERM EMFILE ENOMEM ESRCH ENODEV",
    "pidfd_send_signal": "ENOSYS EPERM EINVAL ESRCH EAGAIN",
    "poll ppoll": "EINTR ENOMEM EINVAL",
    "prctl": "EPERM ENOSYS EINVAL",
    "pwritev2": "EAGAIN EOPNOTSUPP ENOSYS EINVAL EPERM EPIPE EIO EINTR ENOSPC EBADF",
    "read": "EIO EINTR EAGAIN EISDIR ENOMEM ESRCH",
    "readlink readlinkat": "ENOENT EACCES EIO ENOMEM EINVAL",
    "rt_sigqueueinfo": "EAGAIN EPERM ESRCH ENOSYS",
    "rt_sigtimedwait": "EINTR EAGAIN ENOSYS EPERM",
    "sendto": "EAGAIN ENOTSOCK EPIPE ENOBUFS EINTR ENOMEM",
    "setpgid": "EPERM EACCES ESRCH ENOSYS",
    "setsid": "EPERM ENOSYS",
    "vfork clone fork": "EAGAIN ENOMEM EPERM ENOSYS",
    "wait4": "EINTR ECHILD",
    "waitid": "EINTR ECHILD EINVAL ENOSYS EPERM",
    "write": "EAGAIN EIO EPIPE ENOSPC EINTR EBADF",
}
ERRORS = {name: errors.split() for names, errors in ERRORS.items() for name in names.split()}

# What may be refused at each occurrence, from the first on.
REFUSALS = "ENOSYS EPERM".split()
REFUSED = set("close_range faccessat2 getdents64 getrandom ioctl mmap pidfd_open "
              "pidfd_send_signal poll prctl pwritev2 rt_sigqueueinfo sendto setpgid waitid".split())

# What is never let fail.
NEVER = {
    "clock_gettime": "CLOCK_MONOTONIC, to a place that is there: no error is left",
    "exit": "does not return",
    "exit_group": "does not return",
    "getpgrp": "cannot fail",
    "getpid": "cannot fail",
    "getppid": "cannot fail",
    "restart_syscall": "is a call that was seen already",
    "rt_sigaction": "fails only for bad arguments; ours are constants",
    "rt_sigprocmask": "likewise; and unblocked signals are the kernel's to drop",
    "select": "of the actor that waits to become init",
}

# Where the rule holds if the sender tries again, as no process can do better.
TRIED_AGAIN = {
    "kill": "a signal that the kernel refuses to send is not sent",
    "wait4": "WNOHANG fails only with ECHILD, and then there is no child; said "
    "of one that is there, the next SIGCHLD makes it good",
}

# Where something may stay behind, as no process can do better either.
MAY_LEAVE = {
    "prctl": "without PR_SET_CHILD_SUBREAPER orphans are not init's",
    "wait4": "ECHILD says that there is none",
    "setsid": "fails only for a group's leader, which a new child is not; without "
    "it main has no group that init could end with it",
    "setpgid": "likewise: of -g",
}

# Where main has no group of its own, and is sent the signals alone.
ALONE = {"setpgid", "setsid"}

# What cannot be tried, by a part of its title.
NOT_TRIED = {
    "below -t, no /proc: init prctl": "nothing is init's, so it asks for all 4 "
    "million numbers, and strace stops it at each",
    "below -t, no /proc: init vfork": "likewise: it does not learn the newest number",
    "below -t, no /proc: child prctl": "likewise: where the child's first call "
    "fails, so does init's of that name",
    "below -t, no /proc: init waitid ENOSYS 1+": "without both nobody can tell "
    "init's children from strangers",
    "below -t, no /proc: init waitid EPERM 1+": "likewise",
}

Injection = collections.namedtuple("Injection", "scenario role call error when")


def title(injection):
    return f"{injection.scenario.name}: {' '.join(map(str, injection[1:]))}"


class Failure(Exception):
    pass


# ---------------------------------------------------------- calls by the list


def numbers():
    """System calls' numbers on this machine."""
    text = subprocess.run(
        [os.environ.get("CC", "cc"), "-E", "-dM", "-x", "c", "-"], check=True, text=True,
        input="#include <sys/syscall.h>\n", stdout=subprocess.PIPE).stdout
    return dict(re.findall(r"#define __NR_(\w+) (\d+)", text))


def filter_of(calls):
    """The start of a command line that refuses all other calls to MINIREAP."""
    if not calls:
        return []
    with open(MINIREAP, "rb") as file:
        header = file.read(64)
    size = os.path.getsize(MINIREAP)
    entry = int.from_bytes(header[24:32], "little")
    known = numbers()
    return [
        sys.executable, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "refuse.py"),
        "ENOSYS", "--but", hex(entry & ~0xFFFFF), hex(entry + size),
        *(known[call] for call in calls if call in known and call not in WITHOUT), "--",
    ]


FILTER = filter_of(CALLS)

# -------------------------------------------------------------- one run of it


def poll(seconds, question, what):
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        if time.monotonic() > deadline:
            raise Failure(what)
        time.sleep(0.002)
    return answer


def lines(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []


def children_of(pid):
    return " ".join(lines(f"/proc/{pid}/task/{pid}/children")).split()


def only_child(pid):
    return (children_of(pid) or [None])[0]


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def send(pid, sig, queue):
    if queue:
        ctypes.CDLL(None).sigqueue(pid, int(sig), ctypes.c_void_p(int(sig)))
        return
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


class Run:
    """One run of a scenario, with strace on init.  Ends by close()."""

    def __init__(self, scenario, strace, limit):
        self.scenario, self.limit, self.minireap = scenario, limit, MINIREAP
        self.dir = tempfile.mkdtemp(prefix="inject.")
        self.trace = f"{self.dir}/trace"
        self.tracer = None
        self.write("text", b"exit 7\n")
        self.write("foreign", b"\x7fELF" + b"\2" * 60)
        self.open_stderr()
        self.job = subprocess.Popen(
            self.command(), cwd=self.dir, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=self.stderr, env={**os.environ, "LISTEN_PID": "1", "ACTOR": ACTOR},
            start_new_session=True,
        )
        try:
            self.begin(strace)
        except BaseException:
            self.close()
            raise

    def write(self, name, content):
        with open(f"{self.dir}/{name}", "wb") as file:
            file.write(content)
        os.chmod(f"{self.dir}/{name}", 0o755)

    def lines(self, name):
        return lines(f"{self.dir}/{name}")

    def open_stderr(self):
        self.reader = None
        if self.scenario.err == "file":
            self.stderr = os.open(f"{self.dir}/err", os.O_RDWR | os.O_CREAT)
        elif self.scenario.err == "terminal":
            self.reader, self.stderr = os.openpty()
        elif self.scenario.err == "socket":
            reader, writer = socket.socketpair()
            self.reader, self.stderr = reader.detach(), writer.detach()
        else:
            self.reader, self.stderr = os.pipe()

    def command(self):
        scenario = self.scenario
        options = [word.format(self.dir) for word in scenario.options.split()]
        run = [ACTOR, *(scenario.main or "").split()]
        if scenario.run:
            run = [word.format(self.dir) for word in scenario.run]
        init = [*FILTER, ACTOR, *scenario.first.split(), "held", MINIREAP, *options]
        if scenario.main or scenario.run:
            init += ["--", *run]
        if scenario.before:
            script = f'{scenario.before}\nexec "$@"'
            init = ["unshare", "--mount", "sh", "-c", script, "sh", *init]
        if scenario.below:
            init = ["sh", "-c", HOST, "sh"] + init
        if scenario.err == "terminal":
            # With its keys, if it is the session's; no key is pressed.
            init = ["setsid", "sh", "-c", ': 9<>"$0"; exec "$@"', os.ttyname(self.stderr)] + init
        return ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *init]

    def find_init(self):
        pid = only_child(self.job.pid)
        if pid and self.scenario.below:
            pid = only_child(pid)
        return int(pid) if pid and name_of(pid) == os.path.basename(ACTOR) else None

    def begin(self, strace):
        self.pid = poll(3 * self.limit, self.find_init, "cannot start")
        # strace says so when it has stopped init; what runs from then is seen.
        self.tracer = subprocess.Popen(
            ["strace", "-o", self.trace, *strace, "-p", str(self.pid)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        if not select.select([self.tracer.stderr], [], [], 3 * self.limit)[0]:
            raise Failure("strace does not attach")
        said = os.read(self.tracer.stderr.fileno(), 4096)
        if b"attached" not in said:
            raise Failure(f"strace: {said.decode()}")
        self.job.stdin.write(b"\n")
        self.job.stdin.close()

    def has_ended(self):
        return self.job.poll() is not None

    def drive(self, again, noted):
        """Send the signals.  Init may end early, if it can say why."""
        scenario, self.noted = self.scenario, noted
        ready = lambda: self.has_ended() or len(self.lines("ready")) >= scenario.ready
        poll(self.limit, ready, "main does not start")
        if scenario.joins and not self.has_ended():
            subprocess.run(["nsenter", "-t", str(self.pid), "-p", "sh", "-c", "(exit 3 &)"],
                           stderr=subprocess.DEVNULL, check=False)
        for n, sig in enumerate(scenario.signals):
            if n + 1 == len(scenario.signals):
                self.await_it(self.has_reaped, "a zombie stays", again, CHLD)
            if self.has_ended():
                return
            send(self.pid, sig, scenario.queue)
            if scenario.main and n + 1 < len(scenario.signals) and sig != USR2:
                self.await_note(sig, again)
            elif n + 1 < len(scenario.signals):
                time.sleep(0.05)
        self.await_end(again)

    def await_note(self, sig, again):
        seen = lambda: self.has_ended() or all(
            any(line.startswith(f"{int(sig)} ") for line in self.lines(name))
            for name in self.noted)
        self.await_it(seen, f"{sig.name} is lost", again, sig)

    def has_reaped(self):
        """Has init no child that is a zombie?"""
        return self.has_ended() or not any(
            ") Z " in line for child in children_of(self.pid)
            for line in lines(f"/proc/{child}/stat"))

    def await_end(self, again):
        last = self.scenario.signals[-1] if self.scenario.signals else CHLD
        self.await_it(self.has_ended, "init does not end", again, last)

    def await_it(self, question, what, again, sig):
        if again:
            try:
                return poll(0.5, question, what)
            except Failure:
                send(self.pid, sig, False)
                send(self.pid, CHLD, False)
        return poll(self.limit, question, what)

    def said(self):
        if self.reader is None:
            return "\n".join(lines(f"{self.dir}/err"))
        os.set_blocking(self.reader, False)
        try:
            return os.read(self.reader, 65536).decode(errors="replace")
        except OSError:
            return ""

    def close(self):
        """Kill what is left: unshare, and so all of the namespace."""
        self.job.kill()
        self.job.wait()
        if self.tracer:
            try:
                self.tracer.wait(5)
            except subprocess.TimeoutExpired:
                self.tracer.kill()
                self.tracer.wait()
            self.tracer.stderr.close()
        self.job.stdin.close()
        os.close(self.stderr)
        if self.reader is not None:
            os.close(self.reader)
        shutil.rmtree(self.dir)


# --------------------------------------------------------------- what to do


def calls_of(trace):
    """Names of the calls, by role: init's, its child's up to the exec."""
    init = child = None
    calls = {"init": [], "child": []}
    forking = has_executed = False
    for line in lines(trace):
        match = re.match(r"(\d+) +(?:(\w+)\(|<\.\.\. (\w+) resumed>)", line)
        if not match:
            continue
        pid, called, resumed = match.groups()
        init = init or pid
        if pid != init and forking:
            child = child or pid
        if pid == init and resumed:
            forking = False
        elif pid == init:
            calls["init"].append(called)
            forking = called in ("vfork", "fork", "clone") and child is None
        elif pid == child and not has_executed:
            calls["child"] += [called] if called else []
            has_executed = "execve" in (called, resumed) and line.endswith(" = 0")
    return calls


def record(scenario):
    run = Run(scenario, ["-f"], LIMIT * PATIENCE)
    try:
        run.drive(False, () if WITHOUT else scenario.noted)
        run.tracer.wait(LIMIT * PATIENCE)
        verdict(run, Injection(scenario, "nobody", "nothing", "", 0))
        return calls_of(run.trace)
    except Failure as failure:
        raise Failure(f"{scenario.name}: {failure}") from None
    finally:
        run.close()


def seen_in(scenario):
    """What init called, by itself and as main's child, since its exec."""
    calls = record(scenario)
    return set(calls["init"][calls["init"].index("execve") + 1 :] + calls["child"])


# Calls of rare failures, which are not made to happen here.
SELDOM = {
    "sched_yield": "while another process writes to the terminal that is ours, too",
    "prlimit64": "where the arguments are too long, and how long they may be",
    "unlink": "where a copy was begun and cannot be ended",
}


def can_do_without(scenario):
    refused = (Injection(scenario, "init", call, "ENOSYS", "1+") for call in WITHOUT)
    return not any(title(injection) in NOT_TRIED for injection in refused)


def listed(pool):
    """Does each scenario go well with CALLS, and need all of them?"""
    scenarios = list(filter(can_do_without, SCENARIOS))
    seen = set().union(*pool.map(seen_in, scenarios)) - {"restart_syscall"}
    if WITHOUT:
        print(f"{len(scenarios)} scenarios without {' '.join(WITHOUT)}")
        return True
    problems = {"not listed": seen - set(CALLS), "not seen": set(CALLS) - seen - set(SELDOM)}
    for name, calls in problems.items():
        if calls:
            print(f"{name}: {' '.join(sorted(calls))}")
    print(f"{len(SCENARIOS)} scenarios with {len(CALLS)} system calls")
    return not any(problems.values())


def injections_of(scenario):
    """All for a scenario, of what it was seen to call."""
    for role, calls in record(scenario).items():
        # What a libc's start does is not ours to mend.
        ours = calls.index("rt_sigprocmask") if role == "init" else 0
        places = collections.defaultdict(list)
        for name in set(calls) - set(NEVER):
            at = [n for n, call in enumerate(calls) if call == name]
            for n, place in enumerate(at):
                if place >= ours:
                    places[name].append(n + 1)
        for name, at in sorted(places.items()):
            errors = {when: ERRORS.get(name, OTHERS.split())
                      for when in sorted({at[0], at[min(1, len(at) - 1)], at[-1]})}
            if name in REFUSED:
                errors[f"{at[0]}+"] = REFUSALS
            for when, error in ((when, error) for when in errors for error in errors[when]):
                injection = Injection(scenario, role, name, error, when)
                if not any(part in title(injection) for part in NOT_TRIED):
                    yield injection


def verdict(run, injection):
    """The rule: raise Failure where it is broken."""
    scenario, status, said = injection.scenario, run.job.returncode, run.said()
    started = os.path.exists(f"{run.dir}/ready")
    if run.lines("left") and injection.call not in MAY_LEAVE:
        raise Failure(f"left behind: {run.lines('left')}")
    broken = scenario.promise and scenario.promise(run, status, said, injection)
    if broken:
        raise Failure(f"status {status}: {broken}: {said}")
    if status in (scenario.status, scenario.other) and status not in (125, 126, 127):
        return
    if injection.call == "kill" and status == 137 and "did not exit within" in said:
        return  # the stop signal was refused
    # Nothing was started, and it was said why.
    if status not in (125, 126, 127) or started:
        raise Failure(f"status {status}: {said}")
    if "minireap: " not in said and injection.call not in ("pwritev2", "write", "sendto"):
        raise Failure(f"status {status} without a line")


def try_once(injection, limit):
    """Was the call reached?"""
    follow = ["-f"] if injection.role == "child" else []
    inject = f"inject={injection.call}:error={injection.error}:when={injection.when}"
    run = Run(injection.scenario,
              follow + ["-e", f"trace=execve,{injection.call}", "-e", inject], limit)
    noted = ("notes",) if injection.call in ALONE else injection.scenario.noted
    try:
        run.drive(injection.call in TRIED_AGAIN, noted)
        run.tracer.wait(limit)
        verdict(run, injection)
        return was_hit(lines(run.trace), injection.role)
    finally:
        run.close()


def was_hit(trace, role):
    """Has init, or its child, failed?  strace counts for each process anew."""
    if role == "init":
        return any("INJECTED" in line for line in trace)
    pids = list(dict.fromkeys(line.split(" ", 1)[0] for line in trace if line[:1].isdigit()))
    return len(pids) > 1 and any(
        line.startswith(f"{pids[1]} ") and "INJECTED" in line for line in trace)


def attempt(injection):
    """Was it reached, was it in time, and was anything wrong?  Believed only if
    neither a second try nor patience helps."""
    in_time = True
    for limit in (LIMIT, LIMIT, LIMIT * PATIENCE):
        in_time = limit == LIMIT
        try:
            return try_once(injection, limit), in_time, None
        except (Failure, OSError, subprocess.TimeoutExpired) as failure:
            problem = str(failure)
    print(f"{title(injection)}: {problem}", flush=True)
    return True, True, problem


def choose(injections, wanted, seed):
    """A sample in which each call has its part."""
    if wanted == "all":
        return injections
    random.Random(seed).shuffle(injections)
    seen = collections.Counter()
    order = []
    for injection in injections:
        kind = injection.role, injection.call
        order.append((seen[kind], len(order), injection))
        seen[kind] += 1
    return [injection for _, _, injection in sorted(order)[: int(wanted)]]


def main():
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        if CALLS:
            try:
                sys.exit(not listed(pool))
            except Failure as failure:
                sys.exit(str(failure))
        found = [i for part in pool.map(lambda s: list(injections_of(s)), SCENARIOS) for i in part]
        only = os.environ.get("MINIREAP_INJECT_ONLY", "")
        chosen = choose(
            [injection for injection in found if only in title(injection)],
            os.environ.get("MINIREAP_INJECT", "400"), os.environ.get("MINIREAP_INJECT_SEED", "1"))
        results = list(zip(chosen, pool.map(attempt, chosen)))
    failed = sum(problem is not None for _, (_, _, problem) in results)
    missed = [title(injection) for injection, (hit, _, _) in results if not hit]
    late = [title(injection) for injection, (_, in_time, _) in results if not in_time]
    for what, titles in ("not reached", missed), ("late, twice", late):
        print("".join(f"{what}: {one}\n" for one in titles), end="")
    calls = {injection.call for injection in chosen}
    print(f"{len(chosen)} of {len(found)} injections, {len(calls)} calls, {len(SCENARIOS)} "
          f"scenarios: {len(chosen) - len(missed)} reached, {len(late)} late, {failed} failed")
    # What a busy machine makes late is not the same twice, but for a few.
    sys.exit(failed > 0 or len(late) > 1 + len(chosen) / 100 or len(missed) > len(chosen) * 0.1)


main()
