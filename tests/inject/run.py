#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make system calls of init fail, one at a time, and check how it copes.

usage: run.py MINIREAP ACTOR [CALL]...
(ACTOR is built from tests/model/actor.c, with -pie if CALLs are given.)

Each scenario first runs once under strace, which records the calls of init and,
between vfork and exec, of its child.  For each call recorded, run.py then
injects each error of ERRORS at the call's first, second and last occurrence,
and each error of REFUSALS at every occurrence, as a sandbox or an old kernel
would return it.  verdict() says what must hold after each run.  Nothing here
depends on where in the source a call is made.

MINIREAP_INJECT is the number of injections, a sample of all (default: 400), or
"all".  MINIREAP_INJECT_SEED selects another sample.  MINIREAP_INJECT_ONLY keeps
the injections with this text in their title, "SCENARIO: ROLE CALL ERROR WHEN".

With CALLs nothing is injected.  Instead each scenario runs with all other calls
refused to minireap, and each CALL must be seen at least once.  If set,
MINIREAP_INJECT_WITHOUT lists some of the CALLs to refuse as well.
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
TIMEOUT = 2.0  # seconds for any single event
SLOW_FACTOR = 4  # longer timeouts for the last attempt, on a busy machine
WORKERS = 2
CHLD = signal.SIGCHLD

# ------------------------------------------------------------ errors by call

# EACCES is what a security module, such as AppArmor or SELinux, may answer.

# A call that is not listed, as init may make one day, fails with each of these.
DEFAULT_ERRORS = "EPERM ENOSYS ENOMEM EIO EINVAL"
ERRORS = {
    "access faccessat faccessat2": "EACCES ENOENT EIO ENOMEM EPERM",
    "chdir": "EACCES ENOENT EIO ENOMEM",
    "clock_gettime": "",
    "close": "EINTR EIO EBADF",
    "close_range": "ENOSYS EPERM EINVAL ENOMEM EMFILE",
    "dup2 dup3": "EMFILE EBADF EINTR EBUSY",
    "execve": "ENOENT EACCES EPERM ENOMEM E2BIG EIO EMFILE ENFILE ETXTBSY EAGAIN ELOOP ENOTDIR",
    "fcntl": "EMFILE EINVAL EPERM EACCES",
    "getdents64": "EIO ENOENT ENOMEM EACCES",
    "getpgid getsid": "ESRCH EPERM EACCES",
    "ioctl": "ENOTTY EIO EPERM EACCES EINVAL",
    "kill": "EPERM EACCES ESRCH ENOSYS",
    "lseek": "ESPIPE EINVAL",
    "madvise": "EINVAL ENOMEM EPERM",
    "mmap": "ENOMEM EPERM EAGAIN EACCES",
    "munmap": "EINVAL ENOMEM",
    "open openat": "ENOENT EACCES EPERM EMFILE ENFILE ENOMEM EINTR EIO ENXIO ELOOP ENOSYS",
    "pidfd_open": "ENOSYS EPERM EMFILE ENOMEM ESRCH ENODEV",
    "pidfd_send_signal": "ENOSYS EPERM EACCES EINVAL ESRCH EAGAIN",
    "poll ppoll": "EINTR ENOMEM EINVAL",
    "prctl": "EPERM ENOSYS EINVAL EACCES",
    "pwritev2": "EAGAIN EOPNOTSUPP ENOSYS EINVAL EPERM EPIPE EIO EINTR ENOSPC EBADF EACCES",
    "read": "EIO EINTR EAGAIN EISDIR ENOMEM ESRCH EACCES",
    "readlink readlinkat": "ENOENT EACCES EIO ENOMEM EINVAL",
    "rt_sigqueueinfo": "EAGAIN EPERM EACCES ESRCH ENOSYS",
    "rt_sigtimedwait": "EINTR EAGAIN ENOSYS EPERM",
    "sendto": "EAGAIN ENOTSOCK EPIPE ENOBUFS EINTR ENOMEM EACCES",
    "setpgid": "EPERM EACCES ESRCH ENOSYS",
    "setsid": "EPERM ENOSYS",
    "vfork clone fork": "EAGAIN ENOMEM EPERM ENOSYS EACCES",
    "wait4": "EINTR ECHILD EPERM EACCES",
    "waitid": "EINTR ECHILD EINVAL ENOSYS EPERM EACCES",
    "write": "EAGAIN EIO EPIPE ENOSPC EINTR EBADF EACCES",
}
ERRORS = {name: errors.split() for names, errors in ERRORS.items() for name in names.split()}

# Errors that these calls may return each time, from the first occurrence on.
REFUSALS = "ENOSYS EPERM EACCES".split()
REFUSED = set("close_range faccessat2 getdents64 getrandom ioctl mmap pidfd_open "
              "pidfd_send_signal poll prctl pwritev2 rt_sigqueueinfo sendto setpgid waitid".split())

# Calls that are not made to fail, and why.
NOT_INJECTED = {
    "clock_gettime": "cannot fail with CLOCK_MONOTONIC and a valid pointer",
    "exit": "does not return",
    "exit_group": "does not return",
    "getpgrp": "cannot fail",
    "getpid": "cannot fail",
    "getppid": "cannot fail",
    "restart_syscall": "repeats a call that has been seen already",
    "rt_sigaction": "fails only for bad arguments, and ours are constants",
    "rt_sigprocmask": "fails only for bad arguments, and ours are constants",
    "select": "is made by the actor that waits to become init",
}

# Calls whose failure init cannot make up for until the signal is sent again.
NEEDS_RESEND = {
    "kill": "a signal that the kernel refuses to send is lost",
    "pidfd_send_signal": "as kill, once the kernel reaps: main's number is no longer its own",
    "wait4": "WNOHANG fails only with ECHILD, when there is no child; if one exists "
    "all the same, init finds it at the next SIGCHLD",
}

# Calls after whose failure a process may outlive init.
MAY_LEAVE = {
    "prctl": "without PR_SET_CHILD_SUBREAPER init does not adopt orphans",
    "wait4": "ECHILD means that no child is left",
    "setsid": "fails only for a group leader, which a new child is not; without it "
    "main has no group of its own that init could kill",
    "setpgid": "with -g: main has no group of its own that init could kill",
}

# Calls after whose failure main has no group, so only main is signalled.
NO_GROUP = {"setpgid", "setsid"}

# Injections that are skipped: a part of the title, and why.
SKIPPED = {
    "below -t, no /proc: init waitid ENOSYS 1+": "with neither /proc nor waitid, init "
    "cannot know whether main's group is still that of its children",
    "below -t, no /proc: init waitid EPERM 1+": "as for ENOSYS",
    "below -t, no /proc: init waitid EACCES 1+": "as for ENOSYS",
}

Injection = collections.namedtuple("Injection", "scenario role call error when")


def title(injection):
    return f"{injection.scenario.name}: {' '.join(map(str, injection[1:]))}"


def is_skipped(injection):
    return any(part in title(injection) for part in SKIPPED)


class Failure(Exception):
    pass


# ---------------------------------------------------- refusing unlisted calls


def call_numbers():
    """Map the names of system calls to their numbers on this machine."""
    text = subprocess.run(
        [os.environ.get("CC", "cc"), "-E", "-dM", "-x", "c", "-"], check=True, text=True,
        input="#include <sys/syscall.h>\n", stdout=subprocess.PIPE).stdout
    return dict(re.findall(r"#define __NR_(\w+) (\d+)", text))


def filter_command(calls):
    """The first words of a command line that refuses all other calls to MINIREAP."""
    if not calls:
        return []
    with open(MINIREAP, "rb") as file:
        header = file.read(64)
    size = os.path.getsize(MINIREAP)
    entry = int.from_bytes(header[24:32], "little")
    numbers = call_numbers()
    return [
        sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../refuse.py"),
        "ENOSYS", "--but", hex(entry & ~0xFFFFF), hex(entry + size),
        *(numbers[call] for call in calls if call in numbers and call not in WITHOUT), "--",
    ]


FILTER = filter_command(CALLS)

# ------------------------------------------------------------ a single run


def poll(seconds, condition, complaint):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise Failure(complaint)
        time.sleep(0.002)
    return result


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
    """A run of a scenario with strace attached to init.  Call close() at the end."""

    def __init__(self, scenario, strace, timeout):
        self.scenario, self.timeout, self.minireap = scenario, timeout, MINIREAP
        self.dir = tempfile.mkdtemp(prefix="inject.")
        self.trace = f"{self.dir}/trace"
        self.tracer = None
        self.write_executable("text", b"exit 7\n")
        self.write_executable("foreign", b"\x7fELF" + b"\2" * 60)
        self.open_stderr()
        self.job = subprocess.Popen(
            self.command(), cwd=self.dir, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=self.stderr, env={**os.environ, "LISTEN_PID": "1", "ACTOR": ACTOR},
            start_new_session=True,
        )
        try:
            self.attach(strace)
        except BaseException:
            self.close()
            raise

    def write_executable(self, name, content):
        with open(f"{self.dir}/{name}", "wb") as file:
            file.write(content)
        os.chmod(f"{self.dir}/{name}", 0o755)

    def lines(self, name):
        return lines(f"{self.dir}/{name}")

    def open_stderr(self):
        self.reader = None
        if self.scenario.stderr == "file":
            self.stderr = os.open(f"{self.dir}/err", os.O_RDWR | os.O_CREAT)
        elif self.scenario.stderr == "terminal":
            self.reader, self.stderr = os.openpty()
        elif self.scenario.stderr == "socket":
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
        init = [*FILTER, ACTOR, *scenario.prelude.split(), "held", MINIREAP, *options]
        if scenario.main or scenario.run:
            init += ["--", *run]
        if scenario.before:
            script = f'{scenario.before}\nexec "$@"'
            init = ["unshare", "--mount", "sh", "-c", script, "sh", *init]
        if scenario.below:
            init = ["sh", "-c", HOST, "sh"] + init
        if scenario.stderr == "terminal":
            # Make it the controlling terminal of a new session.
            init = ["setsid", "sh", "-c", ': 9<>"$0"; exec "$@"', os.ttyname(self.stderr)] + init
        return ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *init]

    def find_init(self):
        pid = only_child(self.job.pid)
        if pid and self.scenario.below:
            pid = only_child(pid)
        return int(pid) if pid and name_of(pid) == os.path.basename(ACTOR) else None

    def attach(self, strace):
        self.pid = poll(3 * self.timeout, self.find_init, "init was not started")
        # Once strace reports that it is attached, it sees every call.
        self.tracer = subprocess.Popen(
            ["strace", "-o", self.trace, *strace, "-p", str(self.pid)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
        if not select.select([self.tracer.stderr], [], [], 3 * self.timeout)[0]:
            raise Failure("strace did not attach")
        report = os.read(self.tracer.stderr.fileno(), 4096)
        if b"attached" not in report:
            raise Failure(f"strace: {report.decode()}")
        self.job.stdin.write(b"\n")
        self.job.stdin.close()

    def has_exited(self):
        return self.job.poll() is not None

    def drive(self, resend, noted):
        """Send the signals, unless init exits early; verdict() judges that."""
        scenario, self.noted = self.scenario, noted
        ready = lambda: self.has_exited() or len(self.lines("ready")) >= scenario.ready
        poll(self.timeout, ready, "main did not start")
        if scenario.joins and not self.has_exited():
            subprocess.run(["nsenter", "-t", str(self.pid), "-p", "sh", "-c", "(exit 3 &)"],
                           stderr=subprocess.DEVNULL, check=False)
        for n, sig in enumerate(scenario.signals):
            if n + 1 == len(scenario.signals):
                self.wait_for(self.has_reaped, "a zombie was not reaped", resend, CHLD)
            if self.has_exited():
                return
            send(self.pid, sig, scenario.queue)
            if scenario.main and n + 1 < len(scenario.signals) and sig != USR2:
                self.wait_for_note(sig, resend)
            elif n + 1 < len(scenario.signals):
                time.sleep(0.05)
        self.wait_for_exit(resend)

    def wait_for_note(self, sig, resend):
        arrived = lambda: self.has_exited() or all(
            any(line.startswith(f"{int(sig)} ") for line in self.lines(name))
            for name in self.noted)
        self.wait_for(arrived, f"{sig.name} was lost", resend, sig)

    def has_reaped(self):
        """Is none of init's children a zombie?"""
        return self.has_exited() or not any(
            ") Z " in line for child in children_of(self.pid)
            for line in lines(f"/proc/{child}/stat"))

    def wait_for_exit(self, resend):
        last = self.scenario.signals[-1] if self.scenario.signals else CHLD
        self.wait_for(self.has_exited, "init did not exit", resend, last)

    def wait_for(self, condition, complaint, resend, sig):
        if resend:
            try:
                return poll(0.5, condition, complaint)
            except Failure:
                send(self.pid, sig, False)
                send(self.pid, CHLD, False)
        return poll(self.timeout, condition, complaint)

    def messages(self):
        if self.reader is None:
            return "\n".join(lines(f"{self.dir}/err"))
        os.set_blocking(self.reader, False)
        try:
            return os.read(self.reader, 65536).decode(errors="replace")
        except OSError:
            return ""

    def close(self):
        """Kill unshare, and with it all processes of the namespace."""
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


# ------------------------------------------------------- runs and verdicts


def calls_of(trace):
    """The names of the calls by role: of init, and of its child up to the exec."""
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
    """Run the scenario without an injection and return its calls."""
    run = Run(scenario, ["-f"], TIMEOUT * SLOW_FACTOR)
    try:
        run.drive(False, () if WITHOUT else scenario.noted)
        run.tracer.wait(TIMEOUT * SLOW_FACTOR)
        verdict(run, Injection(scenario, "", "", "", 0))
        return calls_of(run.trace)
    except Failure as failure:
        raise Failure(f"{scenario.name}: {failure}") from None
    finally:
        run.close()


def calls_after_exec(scenario):
    """The calls of init and of its child, from init's exec on."""
    calls = record(scenario)
    return set(calls["init"][calls["init"].index("execve") + 1 :] + calls["child"])


# Calls that no scenario makes, and when init makes them.
RARE = {
    "sched_yield": "while another process writes to the terminal that init writes to",
    "prlimit64": "to report how long arguments may be, if they are too long",
    "unlink": "to remove a copy that could not be completed",
}


def can_do_without(scenario):
    refused = (Injection(scenario, "init", call, "ENOSYS", "1+") for call in WITHOUT)
    return not any(title(injection) in SKIPPED for injection in refused)


def check_list(pool):
    """Does each scenario succeed with CALLS alone, and is each CALL made?"""
    scenarios = list(filter(can_do_without, SCENARIOS))
    seen = set().union(*pool.map(calls_after_exec, scenarios)) - {"restart_syscall"}
    if WITHOUT:
        print(f"{len(scenarios)} scenarios without {' '.join(WITHOUT)}")
        return True
    problems = {"not listed": seen - set(CALLS), "not seen": set(CALLS) - seen - set(RARE)}
    for name, calls in problems.items():
        if calls:
            print(f"{name}: {' '.join(sorted(calls))}")
    print(f"{len(SCENARIOS)} scenarios with {len(CALLS)} system calls")
    return not any(problems.values())


def injections_of(scenario):
    """Yield all injections for a scenario, from the calls recorded."""
    for role, calls in record(scenario).items():
        # Calls before init's first one belong to libc's start-up.
        ours = calls.index("rt_sigprocmask") if role == "init" else 0
        places = collections.defaultdict(list)
        for name in set(calls) - set(NOT_INJECTED):
            at = [n for n, call in enumerate(calls) if call == name]
            for n, place in enumerate(at):
                if place >= ours:
                    places[name].append(n + 1)
        for name, at in sorted(places.items()):
            errors = {when: ERRORS.get(name, DEFAULT_ERRORS.split())
                      for when in sorted({at[0], at[min(1, len(at) - 1)], at[-1]})}
            if name in REFUSED:
                errors[f"{at[0]}+"] = REFUSALS
            for when, error in ((when, error) for when in errors for error in errors[when]):
                injection = Injection(scenario, role, name, error, when)
                if not is_skipped(injection):
                    yield injection


def verdict(run, injection):
    """Raise Failure if the run broke a rule.

    No process outlives init, the scenario's own check succeeds, and the status is the
    scenario's.  Otherwise main was not started, and a message gives the reason."""
    scenario, status, messages = injection.scenario, run.job.returncode, run.messages()
    started = os.path.exists(f"{run.dir}/ready")
    if run.lines("left") and injection.call not in MAY_LEAVE:
        raise Failure(f"outlived init: {run.lines('left')}")
    problem = scenario.check and scenario.check(run, status, messages, injection)
    if problem:
        raise Failure(f"status {status}: {problem}: {messages}")
    if status in (scenario.status, scenario.other_status) and status not in (125, 126, 127):
        return
    if injection.call == "kill" and status == 137 and "did not exit within" in messages:
        return  # the stop signal could not be sent
    if status not in (125, 126, 127) or started:
        raise Failure(f"status {status}: {messages}")
    if "minireap: " not in messages and injection.call not in ("pwritev2", "write", "sendto"):
        raise Failure(f"status {status}, but no message")


def try_once(injection, timeout):
    """Run the injection.  Returns whether the call was reached."""
    follow = ["-f"] if injection.role == "child" else []
    inject = f"inject={injection.call}:error={injection.error}:when={injection.when}"
    run = Run(injection.scenario,
              follow + ["-e", f"trace=execve,{injection.call}", "-e", inject], timeout)
    noted = ("notes",) if injection.call in NO_GROUP else injection.scenario.noted
    try:
        run.drive(injection.call in NEEDS_RESEND, noted)
        run.tracer.wait(timeout)
        verdict(run, injection)
        return was_hit(lines(run.trace), injection.role)
    finally:
        run.close()


def was_hit(trace, role):
    """Did the call fail in the right process?  strace counts per process."""
    if role == "init":
        return any("INJECTED" in line for line in trace)
    pids = list(dict.fromkeys(line.split(" ", 1)[0] for line in trace if line[:1].isdigit()))
    return len(pids) > 1 and any(
        line.startswith(f"{pids[1]} ") and "INJECTED" in line for line in trace)


def attempt(injection):
    """Was the call reached, was the run in time, and what went wrong?  A failure
    counts only if it happens three times, the last time with a longer timeout."""
    in_time = True
    for timeout in (TIMEOUT, TIMEOUT, TIMEOUT * SLOW_FACTOR):
        in_time = timeout == TIMEOUT
        try:
            return try_once(injection, timeout), in_time, None
        except (Failure, OSError, subprocess.TimeoutExpired) as failure:
            problem = str(failure)
    print(f"{title(injection)}: {problem}", flush=True)
    return True, True, problem


def choose(injections, wanted, seed):
    """A sample in which all calls are represented."""
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
                sys.exit(not check_list(pool))
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
    for what, titles in ("not reached", missed), ("late twice", late):
        print("".join(f"{what}: {one}\n" for one in titles), end="")
    calls = {injection.call for injection in chosen}
    print(f"{len(chosen)} of {len(found)} injections, {len(calls)} calls, {len(SCENARIOS)} "
          f"scenarios: {len(chosen) - len(missed)} reached, {len(late)} late, {failed} failed")
    # A busy machine makes few runs late twice.
    sys.exit(failed > 0 or len(late) > 1 + len(chosen) / 100 or len(missed) > len(chosen) * 0.1)


main()
