/* SPDX-License-Identifier: MIT */
/*
 * actor: a process that carries out its arguments, one verb after another, for
 * the tests of a stop.  It exits on its own after 40 seconds at most, and so do
 * all processes that it forks.
 *
 *   ignore SIG        ignore signal number SIG
 *   default SIG       restore the default action of SIG
 *   note FILE         from now on append "SIG PID MS" to FILE for each signal
 *   save FILE MS      write "begin" to FILE; on TERM sleep MS, write "end" and
 *                     exit with 0
 *   die SIG CODE      on SIG exit with CODE
 *   quit SIG MS CODE  on SIG exit with CODE, after MS
 *   fork { ... }      fork a child that does this and exits with 0
 *   times N { ... }   do this N times
 *   chain N { ... }   fork a chain of N processes, each the child of the one
 *                     before; the last one does this
 *   session           setsid()
 *   group             setpgid(0, 0)
 *   mark FILE         append the pid to FILE
 *   await FILE N      wait until FILE has N lines
 *   sleep MS          sleep, even if signals arrive
 *   reap              reap until no child is left
 *   live              sleep until the 40 seconds are over
 *   stop              stop with SIGSTOP
 *   exit N            exit with N
 *   name TEXT         set the name of the process
 *   kill PID SIG      send SIG to PID
 *   held COMMAND...   wait until standard input is readable or closed, then
 *                     execute COMMAND, which is all the remaining words
 *   bomb              fork forever, as do the children
 *   expendable        be the OOM killer's first choice, as are the children
 *   hog               fork children, one at a time, that allocate memory until
 *                     they are killed
 *   hop               fork and exit; the child does the same, and so on
 *   leaderless        let the first thread exit, while another one sleeps
 *   frozen FILE       let the first thread exit; another one marks FILE and
 *                     stops the process
 */
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LIFETIME_MS = 40000, NOTE = 1, SAVE = 2, DIE = 4 };

static struct {
	const char *note;
	const char *save;
	long save_ms;
	struct {
		int actions; /* NOTE, SAVE, DIE */
		int code;
		long ms;
	} on[65];
	long deadline; /* of the process and its children */
} self;

/* The time of day, to compare with a shell's EPOCHREALTIME. */
static long
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	while (nanosleep(&t, &t) == -1 && errno == EINTR)
		;
}

static void
append(const char *file, const char *text)
{
	const int fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0666);

	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		_exit(99);
	close(fd);
}

static void
on_signal(int sig)
{
	char line[64];

	if (self.on[sig].actions & NOTE) {
		snprintf(line, sizeof line, "%d %d %ld\n", sig, (int)getpid(),
		    clock_ms());
		append(self.note, line);
	}
	if (self.on[sig].actions & SAVE) {
		sleep_ms(self.save_ms);
		append(self.save, "end\n");
		_exit(0);
	}
	if (self.on[sig].actions & DIE) {
		sleep_ms(self.on[sig].ms);
		_exit(self.on[sig].code);
	}
}

static void
on(int sig, int actions)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_handler = on_signal;
	action.sa_flags = SA_RESTART;
	self.on[sig].actions |= actions;
	sigaction(sig, &action, NULL);
}

static void
note(const char *file)
{
	self.note = file;
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD &&
		    (sig < 32 || sig > 34))
			on(sig, NOTE);
}

static void
await(const char *file, long lines)
{
	while (clock_ms() < self.deadline) {
		FILE *in = fopen(file, "r");
		long n = 0;
		int c;

		while (in != NULL && (c = getc(in)) != EOF)
			n += c == '\n';
		if (in != NULL)
			fclose(in);
		if (n >= lines)
			return;
		sleep_ms(2);
	}
	_exit(98);
}

static void
live(void)
{
	long left;

	while ((left = self.deadline - clock_ms()) > 0)
		sleep_ms(left);
	_exit(97);
}

static void *
live_thread(void *unused)
{
	live();
	return unused;
}

static void
mark(const char *file)
{
	char line[32];

	snprintf(line, sizeof line, "%d\n", (int)getpid());
	append(file, line);
}

static pthread_t first_thread;

static void *
freeze_thread(void *file)
{
	pthread_join(first_thread, NULL);
	mark(file);
	raise(SIGSTOP);
	live();
	return file;
}

static void
continue_in_thread(void *(*run)(void *), char *argument)
{
	pthread_t thread;

	first_thread = pthread_self();
	if (pthread_create(&thread, NULL, run, argument) == 0)
		pthread_exit(NULL);
	_exit(96);
}

/* Uses select(2), which minireap never calls: see tests/inject/run.py. */
static void
held(char **command)
{
	fd_set input;

	FD_ZERO(&input);
	FD_SET(STDIN_FILENO, &input);
	while (select(STDIN_FILENO + 1, &input, NULL, NULL, NULL) == -1)
		if (errno != EINTR)
			_exit(92);
	execv(command[0], command);
	execv(command[0], command); /* inject/run.py may make the first fail */
	_exit(91);
}

static void
bomb(void)
{
	while (clock_ms() < self.deadline)
		if (fork() == -1)
			sleep_ms(1);
	_exit(0);
}

static void
hog(void)
{
	enum { PIECE = 1 << 20 };

	while (clock_ms() < self.deadline) {
		const pid_t child = fork();
		char *piece;

		while (child == 0 && (piece = malloc(PIECE)) != NULL)
			memset(piece, 1, PIECE);
		if (child == 0)
			_exit(0);
		if (child == -1)
			sleep_ms(1);
		else
			waitpid(child, NULL, 0);
	}
	_exit(0);
}

static void
hop(void)
{
	while (clock_ms() < self.deadline) {
		const pid_t child = fork();

		if (child > 0)
			_exit(0);
		if (child == -1)
			sleep_ms(1);
	}
	_exit(0);
}

static pid_t
fork_in_time(void)
{
	pid_t child;

	while ((child = fork()) == -1) {
		if (clock_ms() > self.deadline)
			_exit(92);
		sleep_ms(1);
	}
	return child;
}

static void play(char **word, char **end);

/* The word after the block that begins at word. */
static char **
end_of_block(char **word, char **end)
{
	int depth = 0;

	for (; word < end; word++) {
		if (strcmp(*word, "{") == 0)
			depth++;
		else if (strcmp(*word, "}") == 0 && --depth == 0)
			return word + 1;
	}
	fprintf(stderr, "actor: unbalanced braces\n");
	_exit(95);
}

/* block is the opening brace, rest the word after the closing one. */
static void
fork_to_play(char **block, char **rest)
{
	const pid_t child = fork_in_time();

	if (child > 0)
		return;
	play(block + 1, rest - 1);
	_exit(0);
}

/*
 * Each process of a chain executes itself anew.  Otherwise the kernel would
 * track the pages that it shares with all its ancestors (anon_vma), and 2,000
 * processes would take seconds to exit.
 */
static void
chain(long n, char **block, char **rest)
{
	enum { MAX_WORDS = 64 };
	char number[32];
	char *words[MAX_WORDS] = {"actor", "chain", number};
	const size_t length = (size_t)(rest - block);
	const pid_t child = fork_in_time();

	if (child > 0)
		return;
	if (n > 1 && length < MAX_WORDS - 5) {
		sprintf(number, "%ld", n - 1);
		memcpy(words + 3, block, length * sizeof *block);
		words[3 + length] = "live";
		execv("/proc/self/exe", words);
		_exit(93);
	}
	play(block + 1, rest - 1);
	_exit(0);
}

static char **
play_block(char **word, char **end)
{
	const char *verb = *word;
	char **block = word + (strcmp(verb, "fork") == 0 ? 1 : 2);
	char **rest = end_of_block(block, end);

	if (strcmp(verb, "fork") == 0)
		fork_to_play(block, rest);
	else if (strcmp(verb, "chain") == 0)
		chain(atol(word[1]), block, rest);
	else
		for (long n = atol(word[1]); n > 0; n--)
			play(block + 1, rest - 1);
	return rest;
}

/* Carry out one verb.  Returns the word after its arguments. */
static char **
play_verb(char **word)
{
	const char *verb = *word++;

	if (strcmp(verb, "ignore") == 0)
		signal(atoi(*word++), SIG_IGN);
	else if (strcmp(verb, "default") == 0)
		signal(atoi(*word++), SIG_DFL);
	else if (strcmp(verb, "note") == 0)
		note(*word++);
	else if (strcmp(verb, "save") == 0) {
		self.save = *word++;
		self.save_ms = atol(*word++);
		append(self.save, "begin\n");
		on(SIGTERM, SAVE);
	} else if (strcmp(verb, "die") == 0) {
		const int sig = atoi(*word++);

		self.on[sig].code = atoi(*word++);
		self.on[sig].ms = 0;
		on(sig, DIE);
	} else if (strcmp(verb, "quit") == 0) {
		const int sig = atoi(*word++);

		self.on[sig].ms = atol(*word++);
		self.on[sig].code = atoi(*word++);
		on(sig, DIE);
	} else if (strcmp(verb, "session") == 0)
		setsid();
	else if (strcmp(verb, "group") == 0)
		setpgid(0, 0);
	else if (strcmp(verb, "mark") == 0)
		mark(*word++);
	else if (strcmp(verb, "await") == 0) {
		await(word[0], atol(word[1]));
		word += 2;
	} else if (strcmp(verb, "sleep") == 0)
		sleep_ms(atol(*word++));
	else if (strcmp(verb, "reap") == 0)
		while (waitpid(-1, NULL, 0) != -1 || errno == EINTR)
			;
	else if (strcmp(verb, "live") == 0)
		live();
	else if (strcmp(verb, "stop") == 0)
		raise(SIGSTOP);
	else if (strcmp(verb, "exit") == 0)
		_exit(atoi(*word++));
	else if (strcmp(verb, "name") == 0)
		prctl(PR_SET_NAME, *word++);
	else if (strcmp(verb, "kill") == 0) {
		kill(atoi(word[0]), atoi(word[1]));
		word += 2;
	} else if (strcmp(verb, "held") == 0)
		held(word);
	else if (strcmp(verb, "bomb") == 0)
		bomb();
	else if (strcmp(verb, "expendable") == 0)
		append("/proc/self/oom_score_adj", "1000");
	else if (strcmp(verb, "hog") == 0)
		hog();
	else if (strcmp(verb, "hop") == 0)
		hop();
	else if (strcmp(verb, "leaderless") == 0)
		continue_in_thread(live_thread, NULL);
	else if (strcmp(verb, "frozen") == 0)
		continue_in_thread(freeze_thread, *word++);
	else {
		fprintf(stderr, "actor: unknown verb %s\n", verb);
		_exit(94);
	}
	return word;
}

static void
play(char **word, char **end)
{
	while (word < end)
		if (strcmp(*word, "fork") == 0 || strcmp(*word, "times") == 0 ||
		    strcmp(*word, "chain") == 0)
			word = play_block(word, end);
		else
			word = play_verb(word);
}

int
main(int argc, char **argv)
{
	self.deadline = clock_ms() + MAX_LIFETIME_MS;
	play(argv + 1, argv + argc);
	return 0;
}
