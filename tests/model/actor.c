/* SPDX-License-Identifier: MIT */
/*
 * actor: a process that behaves as its arguments say, one word after another,
 * for the tests of a stop.  It and all it forks end by themselves in time.
 *
 *   ignore SIG, default SIG     SIG is a number
 *   note FILE     append "SIG PID MS" for every signal that comes, and go on
 *   save FILE MS  write "begin" to FILE; on TERM take MS to write "end"; exit 0
 *   die SIG CODE  on SIG exit with CODE
 *   quit SIG MS CODE  on SIG exit with CODE, MS later
 *   fork { ... }  a child does this and exits with 0; we go on
 *   times N { ... }
 *   chain N { ... }   a child has a child has a child..., the last does this
 *   session, group    setsid(), setpgid(0, 0)
 *   mark FILE     append our pid to FILE
 *   await FILE N  until FILE has N lines
 *   sleep MS      whatever signals come
 *   reap          until we have no child
 *   live          as long as we may
 *   stop, exit N, name TEXT, kill PID SIG
 *   held          until standard input ends or has something, then execute the
 *                 command that all words behind this one are
 *   bomb          fork for ever, children do the same
 *   expendable    to the OOM killer, which is to take us and ours first
 *   hog           a child takes memory until it is killed; again, for ever
 *   hop           fork for ever, and only the newest child lives
 *   leaderless    the first thread ends, another one stays
 *   frozen FILE   likewise, appends our pid to FILE and stops us
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

enum { MOST_MS = 40000, NOTE = 1, SAVE = 2, DIE = 4 };

static struct {
	const char *note;
	const char *save;
	long save_ms;
	struct {
		int act;
		int code;
		long ms;
	} on[65];
	long end; /* of all of us */
} we;

/* Of the day, as a shell's EPOCHREALTIME. */
static long
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
nap(long ms)
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

	if (we.on[sig].act & NOTE) {
		snprintf(line, sizeof line, "%d %d %ld\n", sig, (int)getpid(),
		    clock_ms());
		append(we.note, line);
	}
	if (we.on[sig].act & SAVE) {
		nap(we.save_ms);
		append(we.save, "end\n");
		_exit(0);
	}
	if (we.on[sig].act & DIE) {
		nap(we.on[sig].ms);
		_exit(we.on[sig].code);
	}
}

static void
on(int sig, int act)
{
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_handler = on_signal;
	action.sa_flags = SA_RESTART;
	we.on[sig].act |= act;
	sigaction(sig, &action, NULL);
}

static void
note(const char *file)
{
	we.note = file;
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD &&
		    (sig < 32 || sig > 34))
			on(sig, NOTE);
}

static void
await(const char *file, long lines)
{
	while (clock_ms() < we.end) {
		FILE *in = fopen(file, "r");
		long n = 0;
		int c;

		while (in != NULL && (c = getc(in)) != EOF)
			n += c == '\n';
		if (in != NULL)
			fclose(in);
		if (n >= lines)
			return;
		nap(2);
	}
	_exit(98);
}

static void
live(void)
{
	long left;

	while ((left = we.end - clock_ms()) > 0)
		nap(left);
	_exit(97);
}

static void *
live_on(void *unused)
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
freeze(void *file)
{
	pthread_join(first_thread, NULL);
	mark(file);
	raise(SIGSTOP);
	live();
	return file;
}

static void
leave_to(void *(*act)(void *), char *argument)
{
	pthread_t thread;

	first_thread = pthread_self();
	if (pthread_create(&thread, NULL, act, argument) == 0)
		pthread_exit(NULL);
	_exit(96);
}

/* By select(2), which minireap never calls: see tests/inject/run.py. */
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
	execv(command[0], command); /* the first one may be made to fail */
	_exit(91);
}

static void
bomb(void)
{
	while (clock_ms() < we.end)
		if (fork() == -1)
			nap(1);
	_exit(0);
}

static void
hog(void)
{
	enum { PIECE = 1 << 20 };

	while (clock_ms() < we.end) {
		const pid_t child = fork();
		char *piece;

		while (child == 0 && (piece = malloc(PIECE)) != NULL)
			memset(piece, 1, PIECE);
		if (child == 0)
			_exit(0);
		if (child == -1)
			nap(1);
		else
			waitpid(child, NULL, 0);
	}
	_exit(0);
}

static void
hop(void)
{
	while (clock_ms() < we.end) {
		const pid_t child = fork();

		if (child > 0)
			_exit(0);
		if (child == -1)
			nap(1);
	}
	_exit(0);
}

static pid_t
fork_in_time(void)
{
	pid_t child;

	while ((child = fork()) == -1) {
		if (clock_ms() > we.end)
			_exit(92);
		nap(1);
	}
	return child;
}

static void play(char **word, char **end);

/* The word behind the block that begins at word. */
static char **
behind(char **word, char **end)
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

/* The block's words are from block + 1 to, and without, the brace. */
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
 * A chain of n processes, each the child of the one before.  Each executes
 * itself anew: in a chain of mere forks the kernel keeps account of all the
 * memory's ancestors, and the end of 2,000 takes it seconds (anon_vma).
 */
static void
chain(long n, char **block, char **rest)
{
	enum { MOST_WORDS = 64 };
	char number[32];
	char *words[MOST_WORDS] = {"actor", "chain", number};
	const size_t length = (size_t)(rest - block);
	const pid_t child = fork_in_time();

	if (child > 0)
		return;
	if (n > 1 && length < MOST_WORDS - 5) {
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
	char **rest = behind(block, end);

	if (strcmp(verb, "fork") == 0)
		fork_to_play(block, rest);
	else if (strcmp(verb, "chain") == 0)
		chain(atol(word[1]), block, rest);
	else
		for (long n = atol(word[1]); n > 0; n--)
			play(block + 1, rest - 1);
	return rest;
}

/* Do what one verb says; gives the word behind its arguments. */
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
		we.save = *word++;
		we.save_ms = atol(*word++);
		append(we.save, "begin\n");
		on(SIGTERM, SAVE);
	} else if (strcmp(verb, "die") == 0) {
		const int sig = atoi(*word++);

		we.on[sig].code = atoi(*word++);
		we.on[sig].ms = 0;
		on(sig, DIE);
	} else if (strcmp(verb, "quit") == 0) {
		const int sig = atoi(*word++);

		we.on[sig].ms = atol(*word++);
		we.on[sig].code = atoi(*word++);
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
		nap(atol(*word++));
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
		leave_to(live_on, NULL);
	else if (strcmp(verb, "frozen") == 0)
		leave_to(freeze, *word++);
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
	we.end = clock_ms() + MOST_MS;
	play(argv + 1, argv + argc);
	return 0;
}
