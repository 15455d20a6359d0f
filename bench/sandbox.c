/* SPDX-License-Identifier: MIT */
/*
 * sandbox.c: a candidate as PID 1 of a PID namespace of its own, by clone(2):
 * no shell, no unshare(1), nothing else in between.  The runner stays outside
 * and sees it in its own /proc.
 */
#include "bench.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	PATIENCE_MS = 5000,
	SETTLE_NS = 1000000,
	NAMESPACE_PID = 0x20000000, /* CLONE_NEWPID */
	NAMESPACE_USER = 0x10000000, /* CLONE_NEWUSER */
};

static struct {
	unsigned long namespaces;
	uint64_t *exec_time; /* shared with the child until it executes */
	const char *name; /* of the candidate, for messages */
} state;

_Noreturn void
die(const char *what)
{
	fprintf(stderr, "bench: %s%s%s\n", state.name ? state.name : "",
	    state.name ? ": " : "", what);
	exit(1);
}

_Noreturn void
fail(const char *what)
{
	char text[256];

	snprintf(text, sizeof text, "%s: %s", what, strerror(errno));
	die(text);
}

static pid_t
fork_into(unsigned long namespaces)
{
	return (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0);
}

static bool
is_allowed(unsigned long namespaces)
{
	const pid_t pid = fork_into(namespaces);

	if (pid == 0)
		_exit(0);
	return pid != -1 && waitpid(pid, NULL, 0) == pid;
}

void
sandbox_prepare(void)
{
	state.exec_time = mmap(NULL, sizeof *state.exec_time,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (state.exec_time == MAP_FAILED)
		fail("mmap");
	signal(SIGPIPE, SIG_IGN);
	state.namespaces = NAMESPACE_PID;
	if (is_allowed(state.namespaces))
		return;
	state.namespaces |= NAMESPACE_USER;
	if (!is_allowed(state.namespaces))
		fail("no new PID namespace (run me as root, or allow user "
		     "namespaces)");
}

uint64_t
sandbox_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t
sandbox_exec_time(void)
{
	return *state.exec_time;
}

/* In the child: stdin and stdout are the pipes, and will be main's. */
_Noreturn static void
become(char **argv, bool held, int in, int out)
{
	char path[] = "PATH=/usr/bin:/bin";
	char *const environment[] = {path, NULL};
	char word;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	signal(SIGPIPE, SIG_DFL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (held && read(STDIN_FILENO, &word, 1) != 1)
		_exit(1);
	*state.exec_time = sandbox_now();
	execve(argv[0], argv, environment);
	_exit(127);
}

struct sandbox
sandbox_start(const struct candidate *init, bool held, const char *load,
    const char *argument)
{
	char *argv[CANDIDATE_WORDS + 4];
	struct sandbox sandbox;
	int in[2];
	int out[2];

	memcpy(argv, init->words, sizeof init->words);
	argv[init->count] = getenv("BENCH_LOAD");
	argv[init->count + 1] = (char *)load;
	argv[init->count + 2] = (char *)argument;
	argv[init->count + 3] = NULL;
	state.name = init->name;
	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
		fail("pipe");
	sandbox.pid = fork_into(state.namespaces);
	if (sandbox.pid == -1)
		fail("clone");
	if (sandbox.pid == 0)
		become(argv, held, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	sandbox.to_main = in[1];
	sandbox.from_main = out[0];
	return sandbox;
}

void
sandbox_say(const struct sandbox *sandbox)
{
	if (write(sandbox->to_main, "", 1) != 1)
		fail("main does not listen");
}

uint64_t
sandbox_hear(const struct sandbox *sandbox)
{
	struct pollfd ready = {.fd = sandbox->from_main, .events = POLLIN};
	uint64_t number;

	if (poll(&ready, 1, PATIENCE_MS) != 1)
		die("no answer from main");
	if (read(sandbox->from_main, &number, sizeof number) != sizeof number)
		die("main has ended");
	return number;
}

/* Read /proc/PID/FILE. */
static void
read_proc(
    const struct sandbox *sandbox, const char *file, char *text, size_t size)
{
	char path[64];
	FILE *stream;
	size_t length;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)sandbox->pid, file);
	stream = fopen(path, "re");
	if (stream == NULL)
		fail(path);
	length = fread(text, 1, size - 1, stream);
	fclose(stream);
	text[length] = '\0';
}

double
sandbox_field(
    const struct sandbox *sandbox, const char *file, const char *field)
{
	char text[8192];
	const char *found;

	read_proc(sandbox, file, text, sizeof text);
	found = strstr(text, field);
	return found == NULL ? 0 : strtod(found + strlen(field), NULL);
}

void
sandbox_settle(const struct sandbox *sandbox)
{
	const struct timespec pause = {.tv_nsec = SETTLE_NS};
	double before;
	double now = -1;

	do { /* until it has not run for a while */
		before = now;
		nanosleep(&pause, NULL);
		now = sandbox_field(sandbox, "schedstat", "");
	} while (now != before);
}

void
sandbox_wait(struct sandbox *sandbox)
{
	waitpid(sandbox->pid, NULL, 0);
	close(sandbox->to_main);
	close(sandbox->from_main);
}

void
sandbox_end(struct sandbox *sandbox)
{
	kill(sandbox->pid, SIGKILL);
	sandbox_wait(sandbox);
}
