# SPDX-License-Identifier: MIT
"""What init is made to do while its calls fail, and what must come of it."""
import collections
import filecmp
import glob
import os
import signal

USR1, USR2, TERM = signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM

# ------------------------------------------------------------- promises

# Each is given the run, the status, what was said and the injection, when all
# has ended, and gives what was broken, or None.


def installed(run, status, _, injection):
    """A whole copy, or none; nothing beside it."""
    copy, source = f"{run.dir}/copy", run.minireap
    if glob.glob(f"{copy}.*") and injection.call != "unlink":
        return "a temporary file is left"
    if status == 0:
        whole = os.path.exists(copy) and filecmp.cmp(copy, source, shallow=False)
        return None if whole and os.access(copy, os.X_OK) else "the copy is not whole"
    return "a copy is there" if os.path.exists(copy) else None


def logged(run, _, said, __):
    """A line in the file of -T, or why not."""
    if any("; status=" in line for line in run.lines("log")):
        return None
    return None if "cannot write to termination log" in said else f"-T: {run.lines('log')}"


def waited(run, status, _, injection):
    """-b: until the other one has ended, by itself."""
    if status != 7 or injection.call in ("wait4", "prctl") or run.lines("done"):
        return None
    return "-b has not waited"


def shown(run, status, _, __):
    """--zombies: that there is one where there is, and none where there is none."""
    if status == 0 and run.lines("lived"):
        return "none is left, it says, and there is one"
    if status == 1 and not run.lines("lived"):
        return "one is left, it says, and there is none"
    return None


# ------------------------------------------------------------ scenarios

# name; options; main's part, words of the actor's; what is done to init: wait
# for so many lines in "ready", then send each signal; the status; and how.
#   below     not PID 1; PID 1 of its namespace is a shell
#   before    a shell does this beforehand
#   err       what stderr is: pipe, file, socket, terminal
#   queue     signals carry a value
#   run       what is run in place of the actor
#   first     words of the actor that is to become init
#   noted     files in which each signal must appear, unless it is the last one
#   joins     somebody joins from outside, as docker exec has it, with an orphan
#   promise   what else must hold, of those above
#   other     a status that is as good where it holds
Scenario = collections.namedtuple(
    "Scenario",
    "name options main ready signals status below before err queue run first noted joins "
    "promise other",
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
HOLDER = """"$ACTOR" fork { fork { exit 3 } sleep 20 mark held live } exit 0
while [ ! -s held ]; do sleep 0.01; done"""
SCENARIOS = [
    Scenario("plain", "", MAIN),
    Scenario("queued value", "", MAIN, queue=True),
    Scenario("SIGCHLD ignored", "", MAIN, first="ignore 17"),
    Scenario("-g", "-g", f"{MEMBER} {MAIN}", 2, queue=True, noted=BOTH),
    Scenario("-g, no value", "-g", f"{MEMBER} {MAIN}", 2, noted=BOTH),
    Scenario("--session", "--session", f"{MEMBER} {MAIN}", 2, noted=BOTH),
    Scenario("-t", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM)),
    Scenario("-t, main is killed", "-t 100ms", f"note notes ignore 15 {CHILD} mark ready live",
             2, (USR1, TERM), 137),
    Scenario("-b", "-b", f"{LATE} {MAIN}", 2, promise=waited),
    Scenario("-b, stopped", "-b", f"fork {{ die 15 0 mark ready live }} {MAIN}", 2, (USR2, TERM)),
    Scenario("-d", "-d 50ms", MAIN, 1, (USR1, TERM)),
    Scenario("-vv", "-vv", f"{STORM} {MAIN}"),
    Scenario("-w, a file", "-w -v", f"{STORM} {MAIN}", err="file"),
    Scenario("-vv, a socket", "-vv", MAIN, err="socket"),
    Scenario("-vv, a terminal", "-vv", MAIN, err="terminal"),
    Scenario("-vv, a terminal, no /proc", "-vv", MAIN, err="terminal", before=NO_PROC),
    Scenario("--session, a terminal", "--session", MAIN, err="terminal", before="exec >&-"),
    Scenario("-T", "-T{}/log", MAIN, before=": >log", promise=logged),
    Scenario("-P", "-P", None, 0, (USR1, TERM), 0, joins=True),
    Scenario("--zombies", "--zombies", None, 0, (), 1, below=True, before=HOLDER, promise=shown),
    Scenario("--zombies=TERM", "--zombies=TERM", None, 0, (), 0, below=True, before=HOLDER,
             promise=shown, other=1),
    Scenario("--install", "--install {}/copy", None, 0, (), 0, below=True, promise=installed),
    Scenario("--install, in vain", "--install {}/d", None, 0, (), 125, before="mkdir -p d"),
    Scenario("storm", "", f"{STORM} {MAIN}"),
    Scenario("storm -t", "-t 300ms", f"{STORM} {MAIN}", 1, (USR1, TERM)),
    Scenario("no command", "", None, 0, (), 127, run=["/no/such/command"]),
    Scenario("no command in PATH", "", None, 0, (), 127, run=["no-such-command"]),
    Scenario("text", "", None, 0, (), 7, run=["{}/text"]),
    Scenario("of another machine", "", None, 0, (), 126, run=["{}/foreign"]),
    Scenario("noexec", "", None, 0, (), 126, before=NO_EXEC, run=["{}/n/text"]),
    Scenario("below", "", MAIN, below=True),
    Scenario("below -p -T -w", "-p HUP -T{}/log -w", MAIN, below=True, before=": >log",
             promise=logged),
    Scenario("below -g", "-g", f"{MEMBER} {MAIN}", 2, below=True, queue=True, noted=BOTH),
    Scenario("below --session", "--session", f"{CHILD} {MAIN}", 2, below=True),
    Scenario("below -t", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM), below=True),
    Scenario("below -t, no /proc", "-t 200ms", f"{CHILD} {STUBBORN} {MAIN}", 3, (USR1, TERM),
             below=True, before=NO_PROC),
    Scenario("below -b", "-b", f"{LATE} {MAIN}", 2, below=True, promise=waited),
    Scenario("below, a terminal", "-v", MAIN, below=True, err="terminal"),
]

# PID 1 of those below: says what has outlived init, but for who holds a zombie.
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
