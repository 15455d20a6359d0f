#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Let every system call of init's fail, one at a time, and see it cope.

usage: inject.py MINIREAP ACTOR [CALL]...
(ACTOR is built of tests/model/actor.c; for CALLs with -pie.)

Each scenario runs once under strace: what init called, and its child between
vfork and exec, is what can fail.  Then, for each call seen, each error of
ERRORS is injected at its first, second and last occurrence, and a rule must
hold: see verdict().  Nothing here knows where in the source a call is.

MINIREAP_INJECT is how many injections, a sample of all; "all" is all.
MINIREAP_INJECT_SEED chooses another sample, MINIREAP_INJECT_ONLY what of it
to run: a part of "scenario: role call ERROR when".

With CALLs nothing is injected: each scenario runs with all others refused to
minireap, and each must be seen.
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

MINIREAP, ACTOR = sys.argv[1:3]
CALLS = sys.argv[3:]
LIMIT = 2.0  # seconds for any one thing to happen
PATIENCE = 4  # times that, for what has failed once: the machine may be busy
WORKERS = 2
USR1, USR2, TERM, CHLD = signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGCHLD

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
}

# What cannot be tried, by a part of its title.
NOT_TRIED = {
    "below -t, no /proc: init prctl": "nothing is init's, so it asks for all 4 "
    "million numbers, and strace stops it at each",
    "below -t, no /proc: init vfork": "likewise: it does not learn the newest number",
    "below -t, no /proc: child prctl": "likewise: where the child's first call "
    "fails, so does init's of that name",
}

# ---------------------------------------------------------------- scenarios

# name; options; main's part, words of the actor's; what is done to init: wait
# for so many lines in "ready", then send each signal; the status; and how.
#   below     not PID 1; PID 1 of its namespace is a shell
#   before    a shell does this beforehand
#   err       what stderr is: pipe, file, socket, terminal
#   queue     signals carry a value
#   run       what is run in place of the actor
#   first     words of the actor that is to become init
Scenario = collections.namedtuple(
    "Scenario",
    "name options main ready signals status below before err queue run first",
    defaults=("", 1, (USR1, USR2), 7, False, "", "pipe", False, None, ""),
)
MAIN = "note notes die 12 7 die 15 7 mark ready live"
CHILD = "fork { mark ready live }"
STUBBORN = "fork { ignore 15 mark ready live }"
STORM = "fork { times 30 { fork { exit 3 } } }"
NO_PROC = "while umount -l /proc; do :; done 2>/dev/null"
NO_EXEC = "mkdir n && mount -t tmpfs -o noexec none n && cp -p text n"
SCENARIOS = [
    Scenario("plain", "", MAIN),
    Scenario("queued value", "", MAIN, queue=True),
    Scenario("SIGCHLD ignored", "", MAIN, first="ignore 17"),
    Scenario("-g", "-g", MAIN, queue=True),
    Scenario("-g, no value", "-g", MAIN),
    Scenario("--session", "--session", f"{CHILD} {MAIN}", 2),
    Scenario("-t", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM)),
    Scenario("-t, main is killed", "-t 100ms", f"note notes ignore 15 {CHILD} mark ready live",
             2, (USR1, TERM), 137),
    Scenario("-b", "-b", f"fork {{ mark ready sleep 200 }} {MAIN}", 2),
    Scenario("-b, stopped", "-b", f"fork {{ mark ready die 15 0 live }} {MAIN}", 2, (USR2, TERM)),
    Scenario("-d", "-d 50ms", MAIN, 1, (USR1, TERM)),
    Scenario("-vv", "-vv", f"{STORM} {MAIN}"),
    Scenario("-w, a file", "-w -v", f"{STORM} {MAIN}", err="file"),
    Scenario("-vv, a socket", "-vv", MAIN, err="socket"),
    Scenario("-vv, a terminal", "-vv", MAIN, err="terminal"),
    Scenario("-vv, a terminal, no /proc", "-vv", MAIN, err="terminal", before=NO_PROC),
    Scenario("--session, a terminal", "--session", MAIN, err="terminal", before="exec >&-"),
    Scenario("-T", "-T{}/log", MAIN),
    Scenario("-P", "-P", None, 0, (USR1, TERM), 0),
    Scenario("--zombies", "--zombies", None, 0, (), 0, below=True),
    Scenario("--zombies=TERM", "--zombies=TERM", None, 0, (), 0, below=True),
    Scenario("--install", "--install {}/copy", None, 0, (), 0, below=True),
    Scenario("--install, in vain", "--install {}/d", None, 0, (), 125, before="mkdir -p d"),
    Scenario("storm", "", f"{STORM} {MAIN}"),
    Scenario("storm -t", "-t 300ms", f"{STORM} {MAIN}", 1, (USR1, TERM)),
    Scenario("no command", "", None, 0, (), 127, run=["/no/such/command"]),
    Scenario("no command in PATH", "", None, 0, (), 127, run=["no-such-command"]),
    Scenario("text", "", None, 0, (), 7, run=["{}/text"]),
    Scenario("of another machine", "", None, 0, (), 126, run=["{}/foreign"]),
    Scenario("noexec", "", None, 0, (), 126, before=NO_EXEC, run=["{}/n/text"]),
    Scenario("below", "", MAIN, below=True),
    Scenario("below -p -T -w", "-p HUP -T{}/log -w", MAIN, below=True),
    Scenario("below -g", "-g", MAIN, below=True, queue=True),
    Scenario("below --session", "--session", f"{CHILD} {MAIN}", 2, below=True),
    Scenario("below -t", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM), below=True),
    Scenario("below -t, no /proc", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM),
             below=True, before=NO_PROC),
    Scenario("below -b", "-b", f"fork {{ mark ready sleep 200 }} {MAIN}", 2, below=True),
    Scenario("below, a terminal", "-v", MAIN, below=True, err="terminal"),
]

# PID 1 of those below: says what has outlived init.
HOST = r"""exec 9<&0
"$@" <&9 9<&- & exec 9<&-
status=0
wait $! || status=$?
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	left=
	for stat in /proc/[0-9]*/stat; do
		read -r line <$stat || continue
		case $line in
		"1 ("* | *") Z "*) ;;
		*) left="$left $line" ;;
		esac
	done 2>/dev/null
	[ -n "$left" ] || break
	sleep 0.02
done
[ -z "$left" ] || echo "$left" >left
exit $status"""

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
        sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "refuse.py"),
        "ENOSYS", "--but", hex(entry & ~0xFFFFF), hex(entry + size),
        *(known[call] for call in calls if call in known), "--",
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
    except FileNotFoundError:
        return []


def only_child(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return (file.read().split() or [None])[0]
    except FileNotFoundError:
        return None


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
        self.scenario, self.limit = scenario, limit
        self.dir = tempfile.mkdtemp(prefix="inject.")
        self.trace = f"{self.dir}/trace"
        self.tracer = None
        self.write("text", b"exit 7\n")
        self.write("foreign", b"\x7fELF" + b"\2" * 60)
        self.open_stderr()
        self.job = subprocess.Popen(
            self.command(), cwd=self.dir, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=self.stderr, env={**os.environ, "LISTEN_PID": "1"}, start_new_session=True,
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

    def drive(self, again):
        """Send the signals.  Init may end early, if it can say why."""
        scenario = self.scenario
        ready = lambda: self.has_ended() or len(lines(f"{self.dir}/ready")) >= scenario.ready
        poll(self.limit, ready, "main does not start")
        for n, sig in enumerate(scenario.signals):
            if self.has_ended():
                return
            send(self.pid, sig, scenario.queue)
            if scenario.main and n + 1 < len(scenario.signals) and sig != USR2:
                self.await_note(sig, again)
            elif n + 1 < len(scenario.signals):
                time.sleep(0.05)
        self.await_end(again)

    def await_note(self, sig, again):
        seen = lambda: self.has_ended() or any(
            line.startswith(f"{int(sig)} ") for line in lines(f"{self.dir}/notes"))
        self.await_it(seen, f"{sig.name} is lost", again, sig)

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
        run.drive(False)
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


def listed(pool):
    """Does each scenario go well with CALLS, and need all of them?"""
    seen = set().union(*pool.map(seen_in, SCENARIOS)) - {"restart_syscall"}
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
            for when in sorted({at[0], at[min(1, len(at) - 1)], at[-1]}):
                for error in ERRORS.get(name, OTHERS.split()):
                    injection = Injection(scenario, role, name, error, when)
                    if not any(part in title(injection) for part in NOT_TRIED):
                        yield injection


def verdict(run, injection):
    """The rule: raise Failure where it is broken."""
    scenario, status, said = injection.scenario, run.job.returncode, run.said()
    started = os.path.exists(f"{run.dir}/ready")
    if os.path.exists(f"{run.dir}/left") and injection.call not in MAY_LEAVE:
        raise Failure(f"left behind: {lines(f'{run.dir}/left')}")
    if status == scenario.status and status not in (125, 126, 127):
        return
    if injection.call == "kill" and status == 137 and "did not end within" in said:
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
    run = Run(injection.scenario, follow + ["-e", f"trace={injection.call}", "-e", inject], limit)
    try:
        run.drive(injection.call in TRIED_AGAIN)
        run.tracer.wait(limit)
        verdict(run, injection)
        return any("INJECTED" in line for line in lines(run.trace))
    finally:
        run.close()


def attempt(injection):
    """None, or what was wrong; believed only if patience does not help."""
    for limit in (LIMIT, LIMIT * PATIENCE):
        try:
            return try_once(injection, limit), None
        except (Failure, OSError, subprocess.TimeoutExpired) as failure:
            problem = str(failure)
    print(f"{title(injection)}: {problem}", flush=True)
    return True, problem


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
            os.environ.get("MINIREAP_INJECT", "250"), os.environ.get("MINIREAP_INJECT_SEED", "1"))
        results = list(pool.map(attempt, chosen))
    failed = sum(problem is not None for _, problem in results)
    reached = sum(was_reached for was_reached, _ in results)
    calls = {injection.call for injection in chosen}
    print(f"{len(chosen)} of {len(found)} injections, {len(calls)} calls, "
          f"{len(SCENARIOS)} scenarios: {reached} reached, {failed} failed")
    sys.exit(failed > 0 or reached < len(chosen) * 0.8)


main()
