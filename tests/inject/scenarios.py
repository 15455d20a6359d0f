# SPDX-License-Identifier: MIT
"""The scenarios in which system calls of init fail, and what must hold then."""
import collections
import filecmp
import glob
import os
import signal

USR1, USR2, TERM = signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM

# --------------------------------------------------------------- checks

# Each is called after the run, with its exit status, init's messages and the
# injection.  It returns what is wrong, or None.


def check_install(run, status, _, injection):
    """The copy is complete or absent, and no temporary file is left."""
    copy, source = f"{run.dir}/copy", run.minireap
    if glob.glob(f"{copy}.*") and injection.call != "unlink":
        return "a temporary file is left"
    if status == 0:
        complete = os.path.exists(copy) and filecmp.cmp(copy, source, shallow=False)
        return None if complete and os.access(copy, os.X_OK) else "the copy is incomplete"
    return "there is a copy" if os.path.exists(copy) else None


def check_log(run, _, messages, __):
    """-T: the file has a line, or a message says why it does not."""
    if any("; status=" in line for line in run.lines("log")):
        return None
    return None if "cannot write to termination log" in messages else f"-T: {run.lines('log')}"


def check_wait(run, status, _, injection):
    """-b: init waits until the other process has exited by itself."""
    if status != 7 or injection.call in ("wait4", "prctl") or run.lines("done"):
        return None
    return "-b did not wait"


def check_zombies(run, status, _, __):
    """--zombies: the status says whether a zombie is left."""
    if status == 0 and run.lines("lived"):
        return "reports no zombie, but one is left"
    if status == 1 and not run.lines("lived"):
        return "reports a zombie, but none is left"
    return None


# ------------------------------------------------------------ scenarios

# name      with which injections are selected
# options   of minireap; {} is the directory of the run
# main      what main does, in the words of tests/model/actor.c
# ready     the number of lines in the file "ready" to wait for
# signals   the signals sent to init then, one at a time
# status    the exit status
# below     run minireap below a shell that is PID 1, not as PID 1
# before    shell commands to run first
# stderr    the type of stderr: pipe, file, socket, terminal
# queue     send the signals with a value
# run       a command to run instead of the actor
# prelude   what the actor does before it executes minireap
# noted     the files in which each signal except the last must appear
# joins     let a process with an orphan join the namespace, as docker exec does
# check     what else must hold: one of the functions above
# other_status   another status that is allowed
Scenario = collections.namedtuple(
    "Scenario",
    "name options main ready signals status below before stderr queue run prelude noted joins "
    "check other_status",
    defaults=("", 1, (USR1, USR2), 7, False, "", "pipe", False, None, "", ("notes",), False, None,
              None),
)
MAIN = "note notes die 12 7 die 15 7 mark ready live"
CHILD = "fork { mark ready live }"
MEMBER = "fork { note others die 12 0 die 15 0 mark ready live }"
STUBBORN = "fork { ignore 15 mark ready live }"
STORM = "fork { times 30 { fork { exit 3 } } }"
LATE = "fork { mark ready sleep 200 mark done }"
BOTH = ("notes", "others")
NO_PROC = "while umount -l /proc; do :; done 2>/dev/null"
NO_EXEC = "mkdir n && mount -t tmpfs -o noexec none n && cp -p text n"
ZOMBIE_PARENT = """"$ACTOR" fork { fork { exit 3 } sleep 20 mark held live } exit 0
while [ ! -s held ]; do sleep 0.01; done"""
SCENARIOS = [
    Scenario("plain", "", MAIN),
    Scenario("queued value", "", MAIN, queue=True),
    Scenario("SIGCHLD ignored", "", MAIN, prelude="ignore 17"),
    Scenario("-g", "-g", f"{MEMBER} {MAIN}", 2, queue=True, noted=BOTH),
    Scenario("-g, no value", "-g", f"{MEMBER} {MAIN}", 2, noted=BOTH),
    Scenario("--session", "--session", f"{MEMBER} {MAIN}", 2, noted=BOTH),
    Scenario("-t", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM)),
    Scenario("-t, main is killed", "-t 100ms", f"note notes ignore 15 {CHILD} mark ready live",
             2, (USR1, TERM), 137),
    Scenario("-b", "-b", f"{LATE} {MAIN}", 2, check=check_wait),
    Scenario("-b, stopped", "-b", f"fork {{ die 15 0 mark ready live }} {MAIN}", 2, (USR2, TERM)),
    Scenario("-d", "-d 50ms", MAIN, 1, (USR1, TERM)),
    Scenario("-vv", "-vv", f"{STORM} {MAIN}"),
    Scenario("-w, a file", "-w -v", f"{STORM} {MAIN}", stderr="file"),
    Scenario("-vv, a socket", "-vv", MAIN, stderr="socket"),
    Scenario("-vv, a terminal", "-vv", MAIN, stderr="terminal"),
    Scenario("-vv, a terminal, no /proc", "-vv", MAIN, stderr="terminal", before=NO_PROC),
    Scenario("--session, a terminal", "--session", MAIN, stderr="terminal", before="exec >&-"),
    Scenario("-T", "-T{}/log", MAIN, before=": >log", check=check_log),
    Scenario("-P", "-P", None, 0, (USR1, TERM), 0, joins=True),
    Scenario("--zombies", "--zombies", None, 0, (), 1, below=True, before=ZOMBIE_PARENT,
             check=check_zombies),
    Scenario("--zombies=TERM", "--zombies=TERM", None, 0, (), 0, below=True, before=ZOMBIE_PARENT,
             check=check_zombies, other_status=1),
    Scenario("--install", "--install {}/copy", None, 0, (), 0, below=True, check=check_install),
    Scenario("--install fails", "--install {}/d", None, 0, (), 125, before="mkdir -p d"),
    Scenario("storm", "", f"{STORM} {MAIN}"),
    Scenario("storm -g", "-g", f"{STORM} {MAIN}", queue=True),
    Scenario("storm -t", "-t 300ms", f"{STORM} {MAIN}", 1, (USR1, TERM)),
    Scenario("no command", "", None, 0, (), 127, run=["/no/such/command"]),
    Scenario("no command in PATH", "", None, 0, (), 127, run=["no-such-command"]),
    Scenario("text", "", None, 0, (), 7, run=["{}/text"]),
    Scenario("foreign machine", "", None, 0, (), 126, run=["{}/foreign"]),
    Scenario("noexec", "", None, 0, (), 126, before=NO_EXEC, run=["{}/n/text"]),
    Scenario("below", "", MAIN, below=True),
    Scenario("below -p -T -w", "-p HUP -T{}/log -w", MAIN, below=True, before=": >log",
             check=check_log),
    Scenario("below -g", "-g", f"{MEMBER} {MAIN}", 2, below=True, queue=True, noted=BOTH),
    Scenario("below --session", "--session", f"{CHILD} {MAIN}", 2, below=True),
    Scenario("below -t", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM), below=True),
    Scenario("below -t, no /proc", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM),
             below=True, before=NO_PROC),
    Scenario("below -b", "-b", f"{LATE} {MAIN}", 2, below=True, check=check_wait),
    Scenario("below, a terminal", "-v", MAIN, below=True, stderr="terminal"),
]

# PID 1 of the scenarios that run minireap below it.  A parent of a zombie that
# is still alive goes to the file "lived" and is killed; other processes that
# outlive init go to the file "left".
HOST = r"""exec 9<&0
"$@" <&9 9<&- & exec 9<&-
status=0
wait $! || status=$?
if read -r held 2>/dev/null <held; then
	read -r line 2>/dev/null <"/proc/$held/stat" && case $line in
	*") Z "*) ;;
	*) echo "$line" >lived && kill -KILL $held ;;
	esac
fi
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
