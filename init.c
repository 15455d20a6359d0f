/* SPDX-License-Identifier: MIT */
/*
 * init.c: the life of the program, top to bottom.  The order of the steps is
 * a safety property: signals are blocked before anything else (none is lost),
 * orphans are adopted before main is started (none escapes), and from main's
 * start on nothing but main's end may end us: PID 1 takes all with it.
 */
#include "interface.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <unistd.h>

struct init {
	struct options options;
	struct log log;
	struct ending ending;
	struct terminal terminal;
	struct main_process main;
	pid_t self;
};

_Noreturn static void
fail_to_print(struct init *init)
{
	log_line(&init->log, "cannot write to stdout: %m");
	_exit(init->options.failure_status);
}

_Noreturn static void
print_and_exit(struct init *init)
{
	if (log_print(STDOUT_FILENO, init->options.text) == 0)
		_exit(0);
	fail_to_print(init);
}

/* What line says has failed, and nothing was started. */
_Noreturn static void
fail(const struct init *init, struct message *line)
{
	ending_say(&init->ending, line, init->options.failure_status);
	_exit(init->options.failure_status);
}

_Noreturn static void
install_and_exit(const struct init *init)
{
	const char *file = init->options.install;
	struct message line;

	if (install(file) == 0)
		_exit(0);
	message_begin(&line);
	message_add(&line, "cannot install %s: %m", file);
	fail(init, &line);
}

static void
read_options(struct init *init, char **argv, char **envp)
{
	struct options_error error;
	struct message line;
	const int result = options_read(argv, envp, &init->options, &error);

	if (result == 0 && init->options.text != NULL)
		print_and_exit(init);
	init->ending = ending_begin(&init->options, &init->log);
	if (result == -1) {
		report_options_error(&line, &error);
		fail(init, &line);
	}
}

static struct zombies *
find_zombies(struct init *init)
{
	struct proc_stat stat;
	struct zombies *zombies = NULL;
	const char *problem = NULL;

	if (!system_proc_is_ours())
		problem = "no /proc of this PID namespace";
	else if (system_read_stat(1, &stat) == -1)
		problem = "/proc hides others' processes (hidepid): be root";
	else if ((zombies = zombies_find(ZOMBIES_OF_ALL)) != NULL) {
		zombies_describe(zombies, init->self);
		if (zombies->error == 0)
			return zombies;
		errno = zombies->error;
	}
	if (problem == NULL)
		log_line(&init->log, "cannot look for zombies: %m");
	else
		log_line(&init->log, "cannot look for zombies: %s", problem);
	_exit(init->options.failure_status);
}

_Noreturn static void
tell_zombies(struct init *init)
{
	struct zombies *zombies = find_zombies(init);
	struct table table = {.error = 0};

	if (init->options.zombies_signal != 0 && zombies->count > 0) {
		cure(zombies, init->options.zombies_signal, &table);
		zombies_forget(zombies);
		zombies = find_zombies(init);
	}
	table_print(&table, zombies);
	if (table.error == 0)
		_exit(zombies->count == 0 ? 0 : STATUS_ZOMBIES);
	errno = table.error;
	fail_to_print(init);
}

/* Parent death: the signal is ours to forward, so it may come before main. */
static void
watch_parent(const struct init *init)
{
	pid_t parent;

	if (init->options.parent_death == 0)
		return;
	parent = getppid();
	syscall(SYS_prctl, (long)PR_SET_PDEATHSIG,
	    (long)init->options.parent_death);
	if (getppid() != parent) /* it died while we asked */
		signals_queue_to_self(init->options.parent_death);
}

static void
adopt(struct init *init)
{
	if (init->self != 1 && reaper_adopt() == -1 && !init->options.quiet)
		log_line(&init->log, "cannot adopt orphans: %m");
}

_Noreturn static void
end(const struct init *init, int status)
{
	_exit(options_remaps(&init->options, status) ? 0 : status);
}

static void
start_main(struct init *init, char **envp, signals_set mask,
    const struct signals_action *sigchld)
{
	int status;
	const struct spawn spawn = {
	    .argv = init->options.command,
	    .envp = envp,
	    .mask = mask,
	    .sigchld = sigchld,
	    .scope = init->options.scope,
	    .terminal = &init->terminal,
	    .ending = &init->ending,
	    .init = init->self,
	    .failure_status = init->options.failure_status,
	};

	init->terminal = terminal_find(spawn.scope);
	init->main.name = system_base_name(spawn.argv[0]);
	init->main.pid = spawn_main(&spawn, &status);
	if (init->main.pid != -1)
		return;
	terminal_return(&init->terminal);
	end(init, status);
}

/* Main runs: from here on nothing that fails may end us. */
static int
supervise_main(struct init *init)
{
	struct supervision run = {
	    .options = &init->options,
	    .log = &init->log,
	    .ending = &init->ending,
	    .terminal = &init->terminal,
	    .main = init->main,
	    .self = init->self,
	};

	if (init->options.verbosity >= 1 && !init->options.pause)
		log_line(&init->log, "started main process %d (%s)",
		    (int)run.main.pid, run.main.name);
	release_all(terminal_keep(&init->terminal), init->options.quiet);
	if (init->options.quiet)
		init->log.fd = -1;
	return supervise(&run);
}

int
main(int argc, char **argv, char **envp)
{
	const signals_set inherited = signals_block();
	const struct signals_action sigchld = signals_reset_child();
	struct init init = {
	    .log = {.fd = STDERR_FILENO},
	    .terminal = {.fd = -1},
	    .self = getpid(),
	};
	int status;

	(void)argc;
	read_options(&init, argv, envp);
	if (init.options.install != NULL)
		install_and_exit(&init);
	if (init.options.zombies)
		tell_zombies(&init);
	watch_parent(&init);
	adopt(&init);
	if (!init.options.pause)
		start_main(&init, envp, inherited, &sigchld);
	status = supervise_main(&init);
	terminal_return(&init.terminal);
	end(&init, status);
}
