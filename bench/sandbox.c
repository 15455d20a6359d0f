/* SPDX-License-Identifier: MIT */
/*
 * sandbox.c: run a candidate as PID 1 of its own PID namespace, started by
 * clone(2) with no shell and no unshare(1) in between.  The runner stays
 * outside and sees the candidate in its own /proc.
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
	TIMEOUT_MS = 20000,
	MAX_TASK = 64,
};

static struct {
	unsigned long namespaces;
	uint64_t *exec_time; /* in memory shared with the child */
	const char *name; /* the candidate and its task, for messages */
	char task[MAX_TASK];
	const char *group; /* a cgroup, or NULL */
} state;

_Noreturn void
die(const char *message)
{
	fprintf(stderr, "bench: ");
	if (state.name != NULL)
		fprintf(stderr, "%s %s: ", state.name, state.task);
	fprintf(stderr, "%s\n", message);
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
	state.namespaces = CLONE_NEWPID;
	if (is_allowed(state.namespaces))
		return;
	state.namespaces |= CLONE_NEWUSER;
	if (!is_allowed(state.namespaces))
		fail("cannot create a PID namespace (run as root, or allow "
		     "user namespaces)");
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

void
sandbox_set_group(const char *group)
{
	state.group = group;
}

static void
join_group(void)
{
	char path[256];
	FILE *members;

	snprintf(path, sizeof path, "%s/cgroup.procs", state.group);
	members = fopen(path, "we");
	if (members == NULL || fputs("0", members) < 0 || fclose(members) != 0)
		fail(path);
}

/* In the child: the pipes become stdin and stdout, which main inherits. */
_Noreturn static void
become(char **argv, bool held, int in, int out)
{
	char path[] = "PATH=/usr/bin:/bin";
	char *const environment[] = {path, NULL};
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (state.group != NULL)
		join_group();
	setsid(); /* as engines do */
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (held && read(STDIN_FILENO, &byte, 1) != 1)
		_exit(1);
	*state.exec_time = sandbox_now();
	execve(argv[0], argv, environment);
	_exit(127);
}

/* Append main's command to init's; task is modified. */
static void
add_main(char **argv, char *task)
{
	*argv++ = getenv("BENCH_LOAD");
	for (char *word = strtok(task, " "); word; word = strtok(NULL, " "))
		*argv++ = word;
	*argv = NULL;
}

struct sandbox
sandbox_start(const struct candidate *init, bool held, const char *task)
{
	char *argv[MAX_WORDS + MAX_TASK] = {NULL};
	char task_words[MAX_TASK];
	struct sandbox sandbox;
	int in[2];
	int out[2];

	memcpy(argv, init->words, sizeof init->words);
	state.name = init->name;
	snprintf(state.task, sizeof state.task, "%s", task == NULL ? "" : task);
	if (task != NULL) {
		strcpy(task_words, state.task);
		add_main(argv + init->word_count, task_words);
	}
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
sandbox_resume(const struct sandbox *sandbox)
{
	if (write(sandbox->to_main, "", 1) != 1)
		fail("cannot write to main");
}

bool
sandbox_receive_within(
    const struct sandbox *sandbox, int timeout_ms, uint64_t *number)
{
	struct pollfd ready = {.fd = sandbox->from_main, .events = POLLIN};

	if (poll(&ready, 1, timeout_ms) != 1)
		return false;
	if (read(sandbox->from_main, number, sizeof *number) != sizeof *number)
		die("main has ended");
	return true;
}

uint64_t
sandbox_receive(const struct sandbox *sandbox)
{
	uint64_t number;

	if (!sandbox_receive_within(sandbox, TIMEOUT_MS, &number))
		die("no answer from main");
	return number;
}

void
sandbox_wait(struct sandbox *sandbox)
{
	waitpid(sandbox->pid, NULL, 0);
	close(sandbox->to_main);
	close(sandbox->from_main);
}

void
sandbox_kill(struct sandbox *sandbox)
{
	kill(sandbox->pid, SIGKILL);
	sandbox_wait(sandbox);
}
