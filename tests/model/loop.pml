/* SPDX-License-Identifier: MIT */
/*
 * loop.pml: a model of the loop in loop.c, of the states in stop/stop.c
 * and of the two ways to reap in reaper.c.  Around it processes exit, orphans
 * arrive and signals are sent at any time; spin tries every order of events.  It must not find any of these:
 *
 *   main_stays       main has exited and is never reaped
 *   zombie_stays     an orphan has exited and is never reaped
 *   signal_lost      a signal is never forwarded, and init does not exit
 *   signal_delayed   init reaps more than two full batches before a signal
 *   no_exit          main was reaped, no child is left, init does not exit
 *   deadline_missed  init never exits although main was reaped (without -b) or
 *                    a stop signal was sent (with -t)
 *   early_exit       init exits before main or, with -b or -t, before another
 *                    child, and has not waited in vain for what it killed
 *   wrong_status     the exit status is not main's, nor that of a process that
 *                    was killed if main cannot be reaped
 *   main_reused      init signals main's number after main was reaped
 *
 * All numbers are small: they only need to be greater than one.  A step of init
 * is one system call and what init computes from its result, since no other
 * process can observe that.  Terminals, messages, rewriting, --pause and the
 * search for the remaining processes are left out: they add neither a wait nor
 * a state to the loop.
 *
 * Each #ifdef puts a mistake into the loop, and its comment says which of the
 * above follows.  loop-model.bats checks that spin finds it there.
 */

#define REAP_BATCH 2	/* 64 in loop.c */
#define SIGNAL_BATCH 2	/* 16 in loop.c */
#define KILLS 1		/* 20 in stop/stop.c */

/* Signals in the order in which the kernel returns them. */
#define NONE 0
#define STOP 1		/* the stop signal: hides CHLD and HIGH */
#define CHLD 2		/* hides HIGH */
#define HIGH 3		/* such as SIGWINCH */
#define KILL 4		/* sent, never received */

bool pending[4];
bool is_sent;		/* the pending CHLD is from kill(2) */

/* Processes. */
#define ABSENT 0
#define LIVE 1
#define ZOMBIE 2
#define MARKED 3	/* the zombie that is watched */
/* Main after the kernel has reaped it: init has to learn its status. */
#define LATE 4		/* SIGCHLD was sent, the status is not stored yet */
#define STORED 5	/* the number may be reused */

byte main = LIVE;
byte orphans[2];	/* the elder first, as wait4(2) finds them */

/* Options: -d, -t and -b. */
bool delay, grace, waits;

/* stop/stop.h: struct stop */
mtype:state = { RUNNING, DELAYING, STOPPING, KILLING_MAIN, WAITING, DRAINING,
	KILLING_REST };
mtype:deadline = { NEVER, ARMED, DUE };
mtype:status = { UNKNOWN, OF_MAIN, OF_ORPHAN, KILLED };
mtype:state state = RUNNING;
mtype:deadline deadline = NEVER;
mtype:status status = UNKNOWN;
bool main_gone, is_over;
byte kills;

/* reaper.h: enum reaper_result */
#define NO_CHILD 0
#define NONE_NOW 1
#define CHILD 2
hidden byte result;

/* reaper.h: enum reaper_way.  The last two are INIT here. */
mtype:way = { ANY, KERNEL, INIT };
mtype:way way = INIT;
bool autoreaps;		/* SIGCHLD has SA_NOCLDWAIT */
bool has_pidfd;		/* of main */
bool is_drained;

bool more;		/* loop.c: loop_run() */

/* One run watches one signal or one zombie; spin tries each. */
#define A_ZOMBIE 5
byte watched;
bool owed;		/* the signal was sent and not forwarded yet */
bool asked;		/* the signal is STOP, and was sent */
bool delays;		/* HIGH was pending when the batch began */
byte batches;		/* full ones in a row that have delayed HIGH */

/* ---------------------------------------------------------- the kernel */

/* signals.c: signals_wait(), for the signals above one and without another */
inline take(above, without)
{
	sig = (pending[STOP] && above < STOP -> STOP :
	    (pending[CHLD] && above < CHLD && without != CHLD -> CHLD :
	    (pending[HIGH] && above < HIGH -> HIGH : NONE)));
	pending[sig] = false
}

/* One pending SIGCHLD may stand for many children: signal(7). */
inline exits(process, how)
{
	process = how;
	pending[CHLD] = true
}

inline remove_orphan(i)
{
	orphans[i] = (i == 0 -> orphans[1] : ABSENT);
	orphans[1] = ABSENT
}

/* ------------------------------------------------------------ the exit */

#define MAY_EXIT (state == KILLING_REST || (main == ABSENT && \
	(orphans[0] == ABSENT || (!grace && !waits))))
#define RIGHT_STATUS (main == ABSENT -> OF_MAIN : KILLED)

inline exit_init()
{
	assert(MAY_EXIT);	/* early_exit */
	assert(status == RIGHT_STATUS);	/* wrong_status */
	is_over = true
}

/* ------------------------------------------------------------- signals */

inline sent(what)
{
	owed = (watched == what -> pending[what] : owed)
}

#ifdef SIGNAL_BY_NUMBER	/* main_reused */
#define BY_PIDFD false
#else
#define BY_PIDFD has_pidfd
#endif

/* stop/deliver.c: send_to_main() */
inline send_to_main(what)
{
	assert(main != ABSENT && (main != STORED || BY_PIDFD));	/* main_reused */
	sent(what)
}

/* stop/deliver.c: forward() */
inline forward(what)
{
	if
#ifndef SIGNAL_REAPED_MAIN	/* main_reused */
	:: main_gone -> sent(what)
#endif
	:: else -> send_to_main(what)
	fi
}

/* A deadline, unless it depends on -t and there is none. */
inline arm(is_set)
{
	deadline = (is_set -> ARMED : NEVER)
}

/* stop/stop.c: start_clock() */
inline start_clock()
{
	state = (main_gone -> DRAINING : STOPPING);
	arm(grace)
}

/* stop/deliver.c: stop_signal(), with stop/stop.c: stop_received() */
inline stop_signal(what)
{
	if
	:: what == STOP && (state == RUNNING || state == WAITING) && delay ->
		state = DELAYING;	/* the signal is held */
		arm(true)
	:: what == STOP && (state == DELAYING ||
	    ((state == RUNNING || state == WAITING) && !delay)) ->
		start_clock();
		forward(STOP)
	:: else ->
		forward(what)
	fi
}

/* loop.c: handle_signal() */
inline handle_signal()
{
	if
	:: sig == NONE || (sig == CHLD && !is_sent)
	:: else -> stop_signal(sig)
	fi;
#ifdef TREAT_SENT_SIGCHLD_LIKE_OTHERS	/* main_stays */
	sig = (sig == CHLD && is_sent -> HIGH : sig);
#endif
	is_sent = is_sent && sig != CHLD
}

/* ------------------------------------------------------------ deadlines */

/* stop/stop.c: stop_expired(), with stop/deliver.c: carry_out() */
inline expire()
{
	if
	:: state == DELAYING ->
		start_clock();
#ifndef LOSE_HELD_SIGNAL	/* signal_lost */
		forward(STOP)
#endif
	:: state == STOPPING ->
		state = KILLING_MAIN;
		arm(true);
#ifndef GIVE_UP_WITHOUT_STATUS	/* wrong_status */
		status = KILLED;
#endif
		send_to_main(KILL)
	:: state == KILLING_MAIN ->
		state = DRAINING;	/* main is stuck in the kernel */
#ifdef LEAVE_STUCK_MAIN_DRAINING	/* deadline_missed */
		arm(false)
#else
		arm(true)
#endif
	:: state == KILLING_REST && kills == KILLS ->
		exit_init()
	:: state == KILLING_REST && kills < KILLS ->
#ifndef KILL_FOREVER	/* deadline_missed */
		kills++;
#endif
		arm(true)
	:: else ->
		state = KILLING_REST;
		arm(true)
	fi
}

/* ------------------------------------------------------------- reaping */

/* stop/deliver.c: stop_main_reaped(), with stop/stop.c: stop_main_exited() */
inline main_reaped(whose)
{
	main_gone = true;
	status = whose;
	if
#ifdef EXIT_WITH_MAIN	/* early_exit */
	:: grace || waits -> exit_init()
#endif
	:: !grace && !waits -> exit_init()
	:: (grace || waits) && (state == KILLING_REST || state == DRAINING)
	:: waits && state == RUNNING -> state = WAITING
	:: else ->
		arm(grace);
		state = DRAINING;
		sent(STOP)	/* init's own TERM replaces a held signal */
	fi
}

/* loop.c: child_reaped().  An orphan may reuse main's number. */
inline child_reaped(is_main)
{
	result = CHILD;
	if
	:: is_main -> main_reaped(OF_MAIN)
#ifdef TAKE_ANY_CHILD_FOR_MAIN	/* early_exit */
	:: !is_main && !main_gone -> main_reaped(OF_ORPHAN)
#endif
#ifdef TAKE_REUSED_NUMBER_FOR_MAIN	/* wrong_status */
	:: !is_main && main_gone -> main_reaped(OF_ORPHAN)
#endif
	:: else
	fi
}

/* reaper.c: reap(), of any child.  What the kernel has reaped is no child. */
inline reap_any()
{
	if
	:: main == ZOMBIE ->
		main = ABSENT;
		child_reaped(true)
	:: main != ZOMBIE && orphans[0] >= ZOMBIE ->
		remove_orphan(0);
		child_reaped(false)
	:: main != ZOMBIE && orphans[0] < ZOMBIE && orphans[1] >= ZOMBIE ->
		remove_orphan(1);
		child_reaped(false)
	:: else ->
		result = (main != LIVE && orphans[0] == ABSENT ->
		    NO_CHILD : NONE_NOW)
	fi
}

/* loop.c: reap(), at its end, then stop/deliver.c: stop_keep_deadline() */
inline batch_done()
{
	if
#ifndef IGNORE_NO_CHILD	/* no_exit */
	:: !is_over && result == NO_CHILD && main_gone -> exit_init()
#endif
#ifdef TAKE_NONE_NOW_FOR_NO_CHILD	/* early_exit */
	:: !is_over && result == NONE_NOW && main_gone -> exit_init()
#endif
	:: else
	fi;
#ifndef REAP_ONE_BATCH_PER_SIGCHLD	/* zombie_stays */
	more = result == CHILD;
#endif
	batches = (delays && result == CHILD -> batches + 1 : 0);
	assert(batches <= 2);	/* signal_delayed */
	if
	:: !is_over && deadline == DUE -> expire()
	:: else
	fi;
	delays = false;
	reaped = 0;
	reaps = false
}

/* loop.c: reap(), after each child */
inline count_child()
{
	reaped++;
#ifdef REAP_ONE_CHILD_PER_SIGCHLD	/* zombie_stays */
	result = (result == CHILD -> NONE_NOW : result);
#endif
	if
	:: result != CHILD || reaped == REAP_BATCH || is_over -> batch_done()
	:: else
	fi
}

/* reaper.c: reap(), of main */
inline reap_main()
{
	is_main = !main_gone && main == ZOMBIE;
	if
	:: is_main ->
		main = ABSENT;
		child_reaped(true);
		count_child()
	:: else
	fi
}

/* reaper.c: let_kernel_reap() */
inline open_pidfd()
{
	has_pidfd = main == LIVE || main == ZOMBIE
}

inline let_kernel_reap()
{
#ifdef OPEN_PIDFD_LATER	/* main_stays */
	d_step { autoreaps = true; way = KERNEL };
	open_pidfd()
#else
	open_pidfd();
	d_step { autoreaps = true; way = KERNEL }
#endif
}

/* reaper.c: find_zombie() */
#define HAS_ZOMBIE \
	(main == ZOMBIE || orphans[0] >= ZOMBIE || orphans[1] >= ZOMBIE)

/* reaper.c: next_of_any(), with probe() */
inline next_of_any()
{
	d_step { reap_main() };
	if
	:: is_main
	:: !is_main && !HAS_ZOMBIE && (main == LIVE || orphans[0] != ABSENT) ->
		d_step { result = NONE_NOW; count_child() }
	:: !is_main && !HAS_ZOMBIE && main != LIVE && orphans[0] == ABSENT ->
		d_step { reap_any(); count_child() }
	:: !is_main && main == ZOMBIE ->
		d_step { reap_any(); count_child() }
	:: else ->
		d_step {
			if
			:: orphans[0] >= ZOMBIE -> remove_orphan(0)
			:: else -> remove_orphan(1)
			fi
		};
		let_kernel_reap();
		d_step { child_reaped(false); count_child() }
	fi
}

/* reaper.c: main_reaped() */
inline main_was_reaped()
{
#ifdef IGNORE_LATE_STATUS	/* main_stays */
	if
	:: main == LATE -> d_step { result = NONE_NOW; count_child() }
	:: else -> d_step { main = ABSENT; child_reaped(true); count_child() }
	fi
#else
#ifdef ACCEPT_NO_STATUS	/* wrong_status */
	d_step {
		result = CHILD;
		is_main = main == LATE;
		main = ABSENT;
		if
		:: is_main -> main_reaped(UNKNOWN)
		:: else -> main_reaped(OF_MAIN)
		fi;
		count_child()
	}
#else
	d_step {
		main == STORED && has_pidfd ->
		main = ABSENT;
		child_reaped(true);
		count_child()
	}
#endif
#endif
}

/* reaper.c: next_of_kernel() */
inline next_of_kernel()
{
	d_step { reap_main() };
	if
	:: is_main
	:: !is_main && !main_gone && main >= LATE ->
		main_was_reaped()
	:: else ->
		d_step {
			if
#ifdef NEVER_DRAIN	/* zombie_stays */
			:: !main_gone -> result = NONE_NOW
#else
			:: is_drained && !main_gone -> result = NONE_NOW
#endif
			:: else ->
				reap_any();
				is_drained = result != CHILD
			fi;
			count_child()
		}
	fi
}

/* ------------------------------------------------------------- the loop */

/* loop.c: next_signal(): the last wait in it */
#ifdef SLEEP_BEFORE_NEXT_BATCH	/* zombie_stays */
#define DOES_NOT_WAIT false
#else
#define DOES_NOT_WAIT more
#endif
#ifdef SLEEP_PAST_DEADLINE	/* deadline_missed */
#define TIMES_OUT false
#else
#define TIMES_OUT (deadline == DUE)
#endif
#ifdef NEVER_LEAVE_OUT_SIGCHLD	/* signal_delayed */
#define LEFT_OUT NONE
#else
#define LEFT_OUT (more -> CHLD : NONE)
#endif
#define RETURNS (DOES_NOT_WAIT || TIMES_OUT || pending[STOP] || \
	(pending[CHLD] && !more) || pending[HIGH])

/* loop.c: loop_run(), after next_signal() */
inline signal_taken()
{
	handle_signal();
#ifdef KEEP_DEADLINE_IF_NO_SIGNAL	/* deadline_missed */
	reaps = sig == NONE || sig == CHLD;
#else
	reaps = sig == NONE || sig == CHLD || turn == 0;
#endif
	batches = (sig == NONE || sig == CHLD -> batches : 0);
	delays = reaps && watched == HIGH && pending[HIGH];
	turn = (turn + 1) % SIGNAL_BATCH;
	sig = NONE
}

/* loop.c: next_signal(): the turn of the next higher signal */
inline take_turn()
{
#ifdef NO_TURN_FOR_SIGCHLD	/* signal_lost */
	take(last, CHLD);
#else
	take(last, NONE);
#endif
#ifdef NO_TURN_AFTER_HIGHEST	/* signal_lost */
	last = (sig != NONE -> sig : last);
#else
#ifndef TURN_FOR_LOWEST_ONLY	/* signal_lost */
	last = sig;
#endif
#endif
	if
	:: sig != NONE -> signal_taken()
	:: else
	fi
}

inline choose()
{
	atomic {
		if
		:: watched = STOP
		:: watched = CHLD
		:: watched = HIGH
		:: watched = A_ZOMBIE
		fi;
		if :: watched == STOP -> delay = true :: true fi;
		if :: grace = true :: true fi;
		if :: waits = true :: true fi;
		if :: way = ANY :: true fi;
		/* A child that exited before init's exec. */
		if :: watched == A_ZOMBIE -> orphans[0] = MARKED :: true fi
	}
}

active proctype init_loop()
{
	byte sig, last, reaped;
	byte turn = 1;		/* modulo SIGNAL_BATCH */
	bool reaps = true;	/* a batch is next */
	bool is_main;

	choose();
#ifdef WAIT_BEFORE_FIRST_BATCH	/* zombie_stays */
	reaps = false;
#endif
	do
	:: is_over -> break
	:: else ->
		if
#ifndef NO_TURNS	/* signal_lost */
		:: !reaps && turn == 0 -> d_step { take_turn() }
#endif
		:: else
		fi;
		if
		:: reaps
		:: else ->
asleep:			d_step {
				RETURNS;
				take(NONE, LEFT_OUT);
				signal_taken()
			}
		fi;
		if
		:: reaps
		:: else ->
#ifdef FORGET_MORE_AFTER_SIGNAL	/* zombie_stays */
			more = false
#endif
		fi;
		do
		:: reaps && way == INIT -> d_step { reap_any(); count_child() }
		:: reaps && way == ANY -> next_of_any()
		:: reaps && way == KERNEL -> next_of_kernel()
		:: else -> break
		od
	od
}

/* ------------------------------------------------------------ the world */

inline send(what)
{
	pending[what] = true;
	owed = owed || watched == what;
	asked = asked || (watched == STOP && what == STOP)
}

/* A stop signal may be sent in each run, another one if it is watched. */
active proctype world()
{
	watched != NONE;
	do
	:: d_step { !pending[STOP] -> send(STOP) }
	:: d_step { watched == HIGH && !pending[HIGH] -> send(HIGH) }
	:: d_step { watched == CHLD && !pending[CHLD] ->
		send(CHLD); is_sent = true }
	:: d_step { main == LIVE ->
		exits(main, (autoreaps -> LATE : ZOMBIE)) }
	:: main == LATE -> main = STORED
	:: d_step { orphans[0] == ABSENT -> orphans[0] = LIVE }
	:: d_step { orphans[0] != ABSENT && orphans[1] == ABSENT ->
		orphans[1] = LIVE }
	:: d_step { orphans[0] == LIVE && !autoreaps ->
		exits(orphans[0], ZOMBIE) }
	:: d_step { orphans[1] == LIVE && !autoreaps ->
		exits(orphans[1], ZOMBIE) }
	/* Not again before init has seen it: init would never have its turn. */
	:: d_step { orphans[0] == LIVE && autoreaps && !pending[CHLD] ->
		remove_orphan(0); pending[CHLD] = true }
	:: d_step { orphans[1] == LIVE && autoreaps && !pending[CHLD] ->
		remove_orphan(1); pending[CHLD] = true }
	:: d_step { watched == A_ZOMBIE && orphans[0] == LIVE && !autoreaps &&
		orphans[1] != MARKED -> exits(orphans[0], MARKED) }
	:: d_step { watched == A_ZOMBIE && orphans[1] == LIVE && !autoreaps &&
		orphans[0] != MARKED -> exits(orphans[1], MARKED) }
	od
}

active proctype clock()
{
	do
	:: deadline == ARMED -> deadline = DUE
	/* While init sleeps, nothing at all may happen, even forever. */
	:: init_loop@asleep && !RETURNS
	od
}

/* ------------------------------------------------------------ the claim */

/*
 * Each of these is an error if it holds forever.  If it may hold until the
 * deadline, runs that never reach the deadline are disregarded.  Init needs no
 * such rule: between two steps of init the world can take only a few.
 */
#define MAIN_STAYS (!is_over && (main == ZOMBIE || main >= LATE))
#define ZOMBIE_STAYS (!is_over && \
	(orphans[0] == MARKED || orphans[1] == MARKED))
#define IS_OWED (!is_over && owed)
#define NONE_LEFT (!is_over && main == ABSENT && orphans[0] == ABSENT)
#define HAS_TO_EXIT (!is_over && \
	((main == ABSENT && !waits) || (grace && asked)))

#define FOREVER(name, what, not_yet) \
name:	do \
	:: what && not_yet \
	:: what && !(not_yet) -> goto accept_##name \
	od; \
accept_##name: \
	what -> goto name

never {
	do
	:: !is_over
	:: MAIN_STAYS -> goto main_stays
	:: ZOMBIE_STAYS -> goto zombie_stays
	:: IS_OWED -> goto signal_lost
	:: NONE_LEFT -> goto no_exit
	:: HAS_TO_EXIT -> goto deadline_missed
	od;
	FOREVER(main_stays, MAIN_STAYS, false);
	FOREVER(zombie_stays, ZOMBIE_STAYS, false);
	FOREVER(signal_lost, IS_OWED, deadline == ARMED);
	FOREVER(no_exit, NONE_LEFT, false);
	FOREVER(deadline_missed, HAS_TO_EXIT, deadline == ARMED)
}
