/* SPDX-License-Identifier: MIT */
/*
 * interface.h: the prototypes that have no header of their own yet.
 */
#ifndef INTERFACE_H
#define INTERFACE_H

#include "minireap.h"
#include "reaper.h"
#include "signals.h"
#include "system/system.h"

#include <stdarg.h>

/* ------------------------------------------------------------ message.c */

/* PIPE_BUF's least value (POSIX) times two; a longer line is cut. */
enum { MESSAGE_MAX = 1024 };

struct message {
	size_t length;
	char text[MESSAGE_MAX];
};

/* Start a line: "minireap: ". */
void message_begin(struct message *message);

/*
 * Append to message, as printf(3) with %s, %d, %u, %ld, %lu, %m and %% only,
 * unsigned numbers no larger than their signed type takes: a uid is a %s.
 * Control bytes of a %s come out as \ooo, so that a name can neither end a line
 * nor drive a terminal; of a %-s blanks too, and it is "-" where it is empty,
 * so that it is one word.  What does not fit is cut.
 */
void message_add(struct message *message, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Likewise: vprintf(3). */
void
message_add_values(struct message *message, const char *format, va_list values);

/* Append milliseconds as "12.345s"; CPU time, user's and system's, likewise. */
void message_add_seconds(struct message *message, int64_t ms);
void message_add_cpu_time(struct message *message, const struct rusage *usage);

/* End the line by a newline: there is always room for it. */
void message_end(struct message *message);

/* Append what errno value error means; in reason.c. */
void message_add_reason(struct message *message, int error);

/* --------------------------------------------------------------- log.c */

/* Where messages go.  fd -1: nowhere. */
struct log {
	int fd;
	unsigned dropped; /* lines that did not fit since the last that did */
};

/*
 * Write message, ended, to log, in one write; it is left as it was.  Never
 * blocks and never fails: a line that does not fit is dropped and counted, and
 * the count is said before the next line that fits (pwritev2(2) RWF_NOWAIT,
 * Linux 4.14; else poll(2) first).  A closed pipe queues a SIGPIPE, a file at
 * its limit a SIGXFSZ, which must be blocked: see signals_is_own().
 */
void log_send(struct log *log, struct message *message);

/* All three for one format. */
void log_line(struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Write all of text to fd, blocking.  0, or -1 with errno of write(2). */
int log_print(int fd, const char *text);

/* --------------------------------------------------------------- tree.c */

/*
 * Send sig to every process below init; as PID 1 to all of the namespace but
 * ourselves, at once.  With wakes those that are stopped get SIGCONT.  How
 * many lived, their names added to names unless that is NULL; -1 if /proc
 * cannot be read, and then, unless init is PID 1, no process is signalled.
 * kill(2); pidfd_send_signal(2), Linux 5.1
 */
int tree_signal(pid_t init, int sig, bool wakes, struct message *names);

/* ------------------------------------------------------------ zombies.c */

enum {
	ZOMBIES_MOST = 1 << 17, /* more are not looked at */
	ZOMBIES_OF_ALL = -1,
};

struct zombies_row {
	struct zombies_row *next; /* of the same holder */
	pid_t pid;
	uid_t uid;
	struct proc_stat stat;
	char container[PROC_CONTAINER_SIZE]; /* "": none known */
};

/* A parent that lives and does not wait for its children. */
struct zombies_holder {
	struct zombies_holder *next; /* the next worst */
	struct zombies_row *first;
	unsigned count;
	pid_t pid; /* 0: outside of the namespace */
	struct proc_stat stat;
	const char *refusal; /* why it is never signalled, or NULL */
	unsigned told; /* how many signals it was sent: cure.c */
	int error; /* errno of one that could not be sent */
};

struct zombies {
	unsigned count;
	unsigned holder_count;
	struct zombies_holder *worst; /* the first of them */
	bool is_nested; /* one is in a PID namespace below /proc's */
	int error; /* errno of what is there and could not be read, or 0 */
	long threads; /* that there are, or process slots used */
	long slots; /* that there could be: table.c */
	struct zombies_holder *holder_of[SYSTEM_PID_LIMIT]; /* a pid */
	struct zombies_holder holders[ZOMBIES_MOST];
	struct zombies_holder *by_count[ZOMBIES_MOST + 1]; /* of zombies */
	struct zombies_row rows[ZOMBIES_MOST + 1]; /* one more is looked at */
};

/*
 * Walk through /proc: who is a zombie, of whom, except of one or
 * ZOMBIES_OF_ALL.  NULL with errno of mmap(2); what fails later is its error.
 * zombies_forget() gives the memory back.
 */
struct zombies *zombies_find(pid_t except);
void zombies_forget(struct zombies *zombies);

/*
 * Find out all that is shown, of those zombies only that stay for a moment: the
 * others were about to be reaped.  The worst holder comes first, of its zombies
 * the lowest number.  self is this process.
 */
void zombies_describe(struct zombies *zombies, pid_t self);

/* When to look next, and how many were told of. */
struct zombies_watch {
	int64_t next_ms;
	unsigned said;
};

/*
 * Inside init, self: look at most once a minute, and say in one line if there
 * are 32 zombies or more, and more than last time.
 */
void zombies_watch(
    struct zombies_watch *watch, struct log *log, pid_t self, int64_t now_ms);

/* -------------------------------------------------------------- table.c */

enum { TABLE_COLUMNS = 7 };

/* A table on stdout, all 0 at first. */
struct table {
	struct message line; /* that is being made, without "minireap: " */
	int error; /* errno of the write(2) that failed, or 0 */
	bool measures; /* nothing is written yet */
	bool is_nested; /* there is a column for containers */
	long now; /* seconds since boot */
	long widths[TABLE_COLUMNS];
};

/* Write the line, its cells ended by tabs, and begin the next one. */
void table_end_line(struct table *table);

/* All zombies, who is never signalled and why, and the totals. */
void table_print(struct table *table, struct zombies *zombies);

/* --------------------------------------------------------------- cure.c */

/*
 * Send all holders SIGCHLD, wait up to 1 s, send those that still hold zombies
 * sig, wait up to 5 s, and say what was done to whom.  zombies are used up.
 */
void cure(struct zombies *zombies, int sig, struct table *table);

/* ----------------------------------------------------------- terminal.c */

/* The controlling terminal, as far as init has to do with it. */
struct terminal {
	int fd; /* open on it, or -1 */
	bool exists; /* there was one at the start: stops matter */
	bool held; /* main's group is to have it, or has it */
	bool wanted; /* by main, when it stopped */
	bool given_up; /* by init, for main's own session */
	uint8_t stop_sent; /* the last stop that init forwarded to main, or 0 */
	bool job_stopped; /* init stopped along with main */
};

/*
 * Find the terminal, /dev/tty or else one of 0..2, and decide whether main is
 * to have it: if init's group is in the foreground now.  For a session of
 * main's own a session leader gives its terminal up.  tty(4), TIOCNOTTY(2const)
 */
struct terminal terminal_find(enum scope scope);

/*
 * Main's child side: take the terminal for its own new group or session, if it
 * is to have it.  SIGTTOU must be blocked.  Async-signal-safe.  tcsetpgrp(3)
 */
void terminal_take(struct terminal *terminal);

/* The descriptor that init goes on with, -1 for none (PID 1: on demand). */
int terminal_keep(struct terminal *terminal);

/* Make init's own group the foreground one again, if main's was: main ended. */
void terminal_return(struct terminal *terminal);

/* Is that group in its foreground?  False without a terminal. */
bool terminal_is_foreground(const struct terminal *terminal, pid_t group);

/* Main's group gets it, if ours has it. */
void terminal_hand_over(struct terminal *terminal, pid_t main_pid);

/* The signals for a read or a write from the background: SIGTTIN, SIGTTOU. */
signals_set terminal_denials(void);

/*
 * Whoever of our group was denied the terminal goes on.  The shell is to see
 * that before our end: of a job whose last members stand still it would say
 * so, and take the terminal itself.
 */
void terminal_continue_denied(void);

/* ---------------------------------------------------------------- job.c */

/* Init has sent sig to main: a stop that it forwarded itself stands. */
void job_sent(struct terminal *terminal, int sig);

/* Those signals that these rooms' acts make init send itself. */
signals_set job_own_signals(const struct terminal *terminal);

/*
 * Main was stopped by sig.  A shell that could continue init sees init's whole
 * group stop too (and init has been continued when this returns); where nobody
 * could, or init may not stop, since it has a deadline to keep, a stop from the
 * keyboard is undone.  credentials(7)
 */
void job_main_stopped(
    struct terminal *terminal, pid_t main_pid, int sig, bool may_stop);

/* Did the terminal send it, to a whole group?  Then main's is meant. */
bool job_is_key(const siginfo_t *info);

/* Is it a key that would stop what nobody could continue, or may not stop? */
bool job_ignores(const siginfo_t *info, bool may_stop);

/*
 * Init was sent a signal.  True where nothing is left to forward: SIGCONT when
 * init had stopped along with main, which got the terminal, if it had it, and
 * goes on; SIGTTIN or SIGTTOU of others in init's group, who got it from main.
 */
bool
job_handled(struct terminal *terminal, pid_t main_pid, const siginfo_t *info);

/* Main has ended, and what is left was sent a signal: init stops with it. */
void job_rest_told(const siginfo_t *info);

/* ------------------------------------------------------------ release.c */

/*
 * Let go of what main may want back: chdir to /, stdin and stdout to
 * /dev/null (closed where there is none), with stderr_too also stderr, and
 * every descriptor from 3 on closed.  keep, if not -1, stays open.
 * close_range(2), Linux 5.9; else /proc/self/fd
 */
void release_all(int keep, bool stderr_too);

/* ------------------------------------------------------------ execute.c */

/* Which step failed, for a message. */
struct spawn_failure {
	int error; /* errno */
	bool by_shell; /* file is text, and /bin/sh failed */
	const char *path; /* the directories that were searched */
	char file[PATH_MAX]; /* what was tried last; "": not in path */
};

/*
 * Execute argv[0] with argv and envp: searched for in PATH if it has no slash,
 * as execvp(3) does; a text file without #! is given to /bin/sh, whose name
 * takes the place of argv[-1].  Returns only if that fails: errno of
 * execve(2), and failure's file, path and by_shell filled in.
 * Async-signal-safe.
 */
int execute_command(struct spawn_failure *failure, char **argv, char **envp);

/* The exit status for that errno: 126 or 127. */
int execute_status(int error);

/* --------------------------------------------------------------- elf.c */

/* The first page of a file, with a NUL behind it. */
struct head {
	size_t size;
	char bytes[4096 + 1];
};

/* Does it begin as a program does? */
bool elf_is_program(const struct head *head);

/* Append what machine the program is for, or that it is cut short. */
void elf_add_machine(struct message *line, const struct head *head);

/* Append what becomes of it where its loader, or anything else, is missing. */
void elf_add_loader(struct message *line, const struct head *head);

/* ----------------------------------------------------------- diagnose.c */

/*
 * Append why execve(2) of file gave error: what is missing, denied or wrong,
 * as far as the file system and the file's first page tell.  file is changed
 * on the way, and mended.
 */
void diagnose(struct message *line, char *file, int error);

/* ---------------------------------------------------------------- oom.c */

enum { OOM_UNKNOWN = -1 };

/* Of this process's memory cgroup; each may be OOM_UNKNOWN. */
struct oom {
	long kills; /* processes that the OOM killer has taken from it */
	long limit_kib; /* unknown also where there is none */
	long peak_kib;
};

/* Read it, of cgroup v1 or v2, by /proc/self/cgroup.  cgroups(7), Linux 4.13 */
struct oom oom_read(void);

/* -------------------------------------------------------------- spawn.c */

/* How to start main.  argv lies behind at least one more string pointer. */
struct spawn {
	char **argv;
	char **envp;
	signals_set mask; /* main's */
	const struct signals_action *sigchld; /* main's */
	enum scope scope;
	struct terminal *terminal;
	struct ending *ending;
	pid_t init; /* this process */
	int failure_status; /* if no process can be made */
};

/*
 * Start main by clone(2) and execve(2), in a process group of its own, with
 * the mask and SIGCHLD action given; PATH is searched as execvp(3) does.
 * Its pid; or -1 if that failed and has been reported, with init's exit status
 * in *status and nothing left running.  If the child shares no memory with
 * init, main may be a child that reports why it could not execute a program,
 * and exits with that status.
 */
pid_t spawn_main(const struct spawn *spawn, int *status);

/* ------------------------------------------------------------ options.c */

enum {
	OPTIONS_NAME_MAX = 32,
	REWRITE_UNSET = 255, /* until options_read() is done */
};

/* What is wrong, to be said as "option NAME VALUE: PROBLEM". */
struct options_error {
	bool in_variable; /* it stood in MINIREAP_OPTIONS */
	char name[OPTIONS_NAME_MAX]; /* "-e", "--rewrite"; "": no option */
	const char *value; /* or NULL */
	const char *problem;
};

/*
 * Read the name that the program was called by, MINIREAP_OPTIONS, which is
 * taken out of envp and cut into words where it stands, and argv.  0, or -1
 * with error filled in; failure_status is right in both cases.
 */
int options_read(char **argv, char **envp, struct options *options,
    struct options_error *error);

/* Should this exit status be 0? */
bool options_remaps(const struct options *options, int status);

/* ----------------------------------------------------------- settings.c */

/* A long option's letter, where it has none. */
enum {
	SETTING_SESSION = 1,
	SETTING_INSTALL,
	SETTING_ZOMBIES,
	SETTING_FIRST_LETTER,
};

/*
 * Do what the option letter asks for, value NULL where it takes none.  NULL,
 * or what is wrong with value.
 */
const char *settings_apply(struct options *options, char letter, char *value);

/* All has been read: what was left open gets its value. */
void settings_settle(struct options *options);

/* --------------------------------------------------------------- peer.c */

/*
 * Set the defaults of the init whose name the program was called by (argv[0],
 * may be NULL), as its environment variables change them; else minireap's.
 */
void peer_defaults(const char *name, char **envp, struct options *options);

/* ------------------------------------------------------------- report.c */

/* Write to line what is wrong with an option. */
void
report_options_error(struct message *line, const struct options_error *error);

/* One line for a child that was reaped; name as /proc had it, or "?". */
void report_reaped(
    struct log *log, const char *name, const struct reaper_child *child);

/* Start a line: "minireap: main process 7 (sh) ". */
void report_begin_main(
    struct message *line, const struct main_process *main_process);

/* A line that goes on with how main ended: "exited with status 3". */
void report_main_end(
    struct message *line, const struct main_process *main_process, int wstatus);

/* One line: main has not ended in time and is killed. */
void report_main_killed(
    struct log *log, const struct main_process *main_process, int64_t grace_ms);

/* One line for a signal that arrived: sent on to main as sent, 0: dropped. */
void report_signal(struct log *log, const siginfo_t *info, int sig, int sent);

/* ------------------------------------------------------------- ending.c */

/* What is to be known when main has ended, to say why. */
struct ending {
	struct log *log;
	const char *file; /* of -T, or NULL */
	bool is_quiet;
	bool tells_all; /* -v: each end */
	bool tells_orphans; /* -w: what the OOM killer does, at once */
	bool orphan_killed; /* by a SIGKILL, from whomever */
	signals_set sent; /* to main, by init: it dies of these as told */
	long kills_before; /* main's start, as struct oom; or not looked at */
	long told_kills;
	int64_t started_ms; /* with -T */
};

/* Before main's start.  Looks at clock and cgroup for -T, -v and -w only. */
struct ending ending_begin(const struct options *options, struct log *log);

/*
 * Say line, which begins but does not end, and with -T append it and the
 * status to the file, unless that is 0.  A file that is missing, cannot be
 * written to or is none (a FIFO, a symbolic link) is a warning.  open(2)
 */
void ending_say(const struct ending *ending, struct message *line, int status);

/*
 * Main was reaped: say so if nobody could expect it, and with -T to the file;
 * of a SIGKILL what the cgroup tells of the OOM killer.
 */
void ending_main(const struct ending *ending,
    const struct main_process *main_process, const struct reaper_child *child,
    bool is_pid_1);

/* Another child than main died of SIGKILL: was it the OOM killer? */
void ending_orphan_killed(struct ending *ending);

/* --------------------------------------------------------------- stop.c */

/* No deadline is armed. */
#define STOP_NEVER INT64_MAX

enum stop_state {
	STOP_RUNNING,
	STOP_DELAYING, /* the stop signal is being held: -d */
	STOP_STOPPING, /* it was sent: -t runs */
	STOP_KILLING_MAIN, /* main did not end in time */
	STOP_WAITING, /* main has ended, the rest may go on: -b */
	STOP_DRAINING, /* main has ended, the rest was told to */
	STOP_KILLING_REST,
};

enum stop_action {
	STOP_NOTHING,
	STOP_SEND, /* the signal that was received */
	STOP_SEND_HELD, /* the stop signal that was held */
	STOP_KILL_MAIN,
	STOP_TERM_REST,
	STOP_KILL_REST,
	STOP_KILL_AGAIN, /* what has come since */
	STOP_EXIT,
};

/* All times are milliseconds of one clock, which need not be read (now 0)
 * where the options have neither delay nor grace, nor warn. */
struct stop {
	const struct options *options;
	enum stop_state state;
	bool main_gone;
	int64_t deadline; /* when stop_expired() is due, or STOP_NEVER */
	int64_t give_up; /* STOP_KILLING_REST: the end of patience */
};

struct stop stop_begin(const struct options *options);

/* Signal sig was received, before any rewriting.  SEND, or NOTHING: hold it. */
enum stop_action stop_received(struct stop *stop, int sig, int64_t now);

/* The deadline is over. */
enum stop_action stop_expired(struct stop *stop, int64_t now);

/* Main was reaped.  EXIT, TERM_REST or NOTHING. */
enum stop_action stop_main_ended(struct stop *stop, int64_t now);

/* There is no child left to wait for.  EXIT, or NOTHING where that is odd. */
enum stop_action stop_none_left(const struct stop *stop);

/* --------------------------------------------------------------- loop.c */

/* The state of a run: supervise.c, children.c and deliver.c share it. */
struct supervision {
	const struct options *options;
	struct log *log;
	struct ending *ending;
	struct terminal *terminal;
	struct main_process main; /* pid 0: pause, until INT or TERM */
	pid_t self;
	bool is_stopped; /* main, as last told */
	bool sees_proc; /* names of the dead can be had */
	bool rest_signalled; /* without /proc, while main was a zombie */
	bool warned; /* that others cannot be reached */
	int last; /* the signal that last had its turn */
	bool denied; /* that main may not be signalled has been said */
	bool has_ended;
	int status;
	struct reaper reaper;
	struct stop stop;
	siginfo_t held; /* the stop signal, while it is delayed */
	struct zombies_watch watch; /* as PID 1, with warn */
};

/* The time, or 0 if no option needs it. */
int64_t loop_now(const struct supervision *run);

/* ------------------------------------------------------------ deliver.c */

/* Send on, rewritten, what was received.  info as in signals_send(). */
void deliver_signal(struct supervision *run, int sig, const siginfo_t *info);

/* Main has ended, and as a zombie keeps its number, and so its group's. */
void deliver_main_is_zombie(struct supervision *run);

/* Do what stop.c says. */
void deliver_action(struct supervision *run, enum stop_action action);

/* ----------------------------------------------------------- children.c */

/* Do options ask that each child is looked at before it is reaped? */
bool children_looks_first(const struct options *options);

/* Reap a batch of children that have exited.  Might there be more? */
bool children_reap(struct supervision *run);

/* ---------------------------------------------------------- supervise.c */

/*
 * Forward signals and reap until main has ended.  Its exit status.  Returns on
 * nothing else: whatever fails in here is said, at most.
 */
int supervise(struct supervision *run);

/* ------------------------------------------------------------ install.c */

/*
 * Copy this program to file: in one step, over whatever had that name, mode
 * 0755, and on the disk.  0, or -1 with errno of open(2), write(2) and
 * rename(2), and then nothing is changed or left; EISDIR for any directory.
 */
int install(const char *file);

/* -------------------------------------------------------------- usage.c */

extern const char usage_help[];
extern const char usage_license[];
extern const char usage_version[];
extern const char usage_version_tini[];

#endif
