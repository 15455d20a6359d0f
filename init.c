/* SPDX-License-Identifier: MIT */
/*
 * init.c: the life of the program, top to bottom.  The order of the steps is a
 * safety property: signals are blocked before anything else (none is lost),
 * orphans are adopted before the main process is started (none escapes), and
 * from then on only its exit may end init: PID 1 takes all others with it.
 */
#include "loop.h"
#include "minireap.h"
#include "modes/modes.h"
#include "options/options.h"
#include "reaper.h"
#include "report/report.h"
#include "signals.h"
#include "start/start.h"
#include "system/system.h"
#include "terminal/terminal.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <string.h>
#include <unistd.h>

struct init {
	struct options options;
	struct report report;
	struct terminal terminal;
	struct main_process main;
	pid_t self;
};

static void
read_options(struct init *init, char **argv, char **envp)
{
	struct options *options = &init->options;
	struct options_error error;
	struct message line;
	const int result = options_read(argv, envp, options, &error);

	if (result == 0 && options->text != NULL) {
		report_print(
		    &init->report, options->text, strlen(options->text));
		_exit(0);
	}
	report_configure(&init->report);
	if (result == 0)
		return;
	options_describe_error(&line, &error);
	report_failure(&init->report, &line, options->failure_status);
	_exit(options->failure_status);
}

/* -p: the signal is init's to forward, so it may come before main's start. */
static void
watch_parent(const struct init *init)
{
	const int sig = init->options.parent_death;
	pid_t parent;

	if (sig == 0)
		return;
	parent = getppid();
	syscall(SYS_prctl, (long)PR_SET_PDEATHSIG, (long)sig);
	if (getppid() != parent) /* it died before the call */
		signals_queue_to_self(sig);
}

static void
start(struct init *init, char **envp, signals_set mask,
    const struct signals_action *sigchld)
{
	int status;
	const struct start how = {
	    .options = &init->options,
	    .envp = envp,
	    .mask = mask,
	    .sigchld = sigchld,
	    .terminal = &init->terminal,
	    .report = &init->report,
	    .init = init->self,
	};

	init->terminal = terminal_find(init->options.scope);
	init->main.name = system_base_name(*init->options.command);
	init->main.pid = start_main(&how, &status);
	if (init->main.pid == -1) {
		terminal_return(&init->terminal);
		_exit(options_remap(&init->options, status));
	}
}

/* From here on nothing that fails may end init. */
static int
run(struct init *init)
{
	const bool quiet = init->options.quiet;
	const int released = init->self == 1 ? 0 : 2 + quiet;
	struct loop loop = {
	    .options = &init->options,
	    .report = &init->report,
	    .terminal = &init->terminal,
	    .main = &init->main,
	    .init = init->self,
	};

	init->report.may_hold = true;
	if (init->options.verbosity >= 1 && init->main.pid != 0)
		report_line(&init->report, "started main process %d (%s)",
		    (int)init->main.pid, init->main.name);
	/* PID 1 keeps all three; otherwise stderr stays, for messages. */
	start_release(terminal_keep(&init->terminal), released);
	if (quiet)
		report_close(&init->report);
	return loop_run(&loop);
}

int
main(int argc, char **argv, char **envp)
{
	const signals_set inherited = signals_block();
	const struct signals_action sigchld = signals_reset_child();
	struct init init = {
	    .report = report_open(&init.options),
	    .terminal = {.fd = -1},
	    .main = {.pidfd = -1},
	    .self = getpid(),
	};
	int status;

	(void)argc;
	read_options(&init, argv, envp);
	if (init.options.install != NULL)
		modes_install(&init.options, &init.report);
	if (init.options.zombies)
		modes_zombies(&init.options, &init.report, init.self);
	watch_parent(&init);
	if (init.self != 1 && reaper_adopt() == -1 && !init.options.quiet)
		report_line(&init.report, "cannot adopt orphans: %m");
	if (!init.options.pause)
		start(&init, envp, inherited, &sigchld);
	status = run(&init);
	report_flush(&init.report);
	terminal_return(&init.terminal);
	_exit(options_remap(&init.options, status));
}
