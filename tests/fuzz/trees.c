/* SPDX-License-Identifier: MIT */
/*
 * trees.c: everything that reads /proc and the cgroups, in the trees that
 * tree.h reads from an input: the signals of a stop as PID 1 and below it,
 * --zombies, the look at zombies of --warn, and the record of the OOM killer.
 */
#include "kernel.h"

#include <sched.h>
#include <sys/socket.h>
#include <time.h>

/* In place of libc's, which a sanitizer does not check. */
static char *
checked_stpcpy(char *to, const char *from)
{
	while ((*to = *from++) != '\0')
		to++;
	return to;
}

#define send send_to_main /* a function of signals.c, which has libc's name */
#define clock_gettime kernel_clock
#define close kernel_close
#define getpid kernel_getpid
#define kill kernel_kill
#define mmap kernel_mmap
#define munmap kernel_munmap
#define open kernel_open
#define poll(fds, count, ms) kernel_poll(fds, count, ms)
#define read kernel_read
#define readlink kernel_readlink
#define stpcpy checked_stpcpy
#define syscall kernel_syscall
#define waitid kernel_waitid
#define write kernel_write
#define _exit kernel_exit

#include "modes/modes.c"
#include "modes/remind.c"
#include "modes/table.c"
#include "modes/zombies.c"
#include "report/exit.c"
#include "report/oom.c"
#include "signals.c"
#undef send
#include "report/log.c"
#include "stop/rest.c"
#include "stop/tree.c"
#include "system/cgroup.c"
#include "system/file.c"
#include "system/proc.c"
#include "system/walk.c"

enum {
	PARENT_INIT = 7, /* in a tree that it shares with others */
	MAIN = 8,
	MINUTE_MS = 60 * 1000,
};

static struct options options = {
    .delay_ms = TIME_UNSET,
    .grace_ms = TIME_UNSET,
    .wait = true,
    .zombies_signal = SIGTERM,
    .failure_status = STATUS_FAILURE,
};
static struct report report = {.options = &options, .fd = STDERR_FILENO};

static void
run_tree(pid_t init)
{
	struct message line;
	struct stop_round round = {
	    .init = init,
	    .sig = SIGTERM,
	    .wakes = true,
	    .names = &line,
	};

	kernel_begin(init, init == 1 ? TO_NAMESPACE : TO_TREE);
	report_begin(&line);
	stop_signal_tree(&round);
	expect_printable(line.text, line.length);
	expect(round.hit >= -1, "a number of processes");
	expect(memchr(round.refused_name, '\0', PROC_NAME_SIZE) != NULL,
	    "a name that ends");
	kernel_end(false);
}

static void
run_rest(pid_t init)
{
	const struct main_process main_process = {MAIN, -1, "main"};
	struct stop stop = {
	    .options = &options,
	    .report = &report,
	    .main = &main_process,
	    .init = init,
	    .main_gone = true,
	};

	kernel_begin(init, init == 1 ? TO_NAMESPACE : TO_TREE);
	shown.main_group = init == 1 ? 0 : MAIN;
	stop_signal_rest(&stop, SIGTERM, true, NULL);
	stop_kill_rest(&stop);
	for (int i = 0; i < 3 && stop_others_remain(&stop); i++)
		kernel.now = stop.look_at;
	kernel_end(false);
}

static void
run_zombies(void)
{
	kernel_begin(PARENT_INIT, TO_HOLDERS);
	if (setjmp(kernel.exited) == 0)
		modes_zombies(&options, &report, PARENT_INIT);
	kernel_end(true);
}

static void
run_watch(void)
{
	struct zombies_watch watch = {0};

	kernel_begin(PARENT_INIT, TO_NONE);
	for (int i = 0; i < 4; i++) {
		modes_watch_zombies(&watch, &report, PARENT_INIT);
		kernel.now += i == 0 ? SECOND_LOOK_MS : MINUTE_MS;
	}
	kernel_end(false);
}

static void
run_cgroups(void)
{
	struct message line = {.length = 0};
	static struct zombies none;
	struct oom oom;

	kernel_begin(PARENT_INIT, TO_NONE);
	oom = report_read_oom();
	expect(oom.kills >= OOM_UNKNOWN && oom.limit_kib >= OOM_UNKNOWN &&
		oom.peak_kib >= OOM_UNKNOWN,
	    "each value is unknown or not negative");
	add_totals(&line, &none);
	expect_printable(line.text, line.length);
	kernel_end(false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *input = malloc(size); /* with an end that is checked */

	if (input == NULL)
		abort();
	memcpy(input, data, size);
	tree_parse(input, size);
	for (int i = 0; i < 2; i++) {
		const pid_t init = i == 0 ? 1 : PARENT_INIT;

		run_tree(init);
		run_rest(init);
	}
	run_zombies();
	run_watch();
	run_cgroups();
	free(input);
	return 0;
}
