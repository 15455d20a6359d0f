/* SPDX-License-Identifier: MIT */
/*
 * loop.pml: the loop of supervise.c and children.c with the states of stop.c
 * and sweep.c, in a world where children end, orphans come and signals arrive
 * at any moment, for ever if the world likes.  spin tries all orders of it.
 * What holds in all of them:
 *
 *   unnoticed  main's end is noticed
 *   stays      no zombie stays for ever
 *   unheard    a signal is forwarded, or main is gone
 *   lingers    init ends when main and all others are gone
 *   no_end     without -b init ends after main, and with -t once a stop was
 *              asked for, main's end or not
 *   assert     nothing is sent to main's number once it was reaped, and init
 *              ends before main only where main was killed and does not end
 *
 * All lives at once are too many states.  One run has no deadlines where
 * sweeps are costly; one with -DCOSTLY has them, and fewer of the rest.
 *
 * Numbers are small: they only have to be more than one.  Each step of init is
 * one system call and what is computed behind it, as nobody else can see that.
 * Left out, as it adds no wait and no state to the loop: terminals, messages,
 * rewriting, who of the rest is signalled, and what stands only for /proc.
 *
 * Each -DNAME at an `#ifdef NAME` breaks the loop in a way that an init was
 * once broken in, or may come to be, and beside it stands what does not hold
 * then: loop-model.bats wants all of them found, by that and nothing else.
 */

#define REAP_BATCH 2	/* children.c: enum, 64 */
#define SIGNAL_BATCH 2	/* supervise.c: enum, 16 */
#define KILLS 1		/* stop.c: REAP_LIMIT_MS / KILL_EVERY_MS, 20 */
#if defined(COSTLY)
#define ORPHANS 1	/* with main more than the batch there, which is one */
#else
#define ORPHANS 2	/* with main more than a batch */
#endif
#define NOBODY 3	/* is named: 0 is main, then orphans */

/* Signals in the kernel's order.  One that is pending comes only once. */
#define NONE 0
#define STOP 1		/* SIGTERM: hides what is above it */
#define CHLD 2
#define HIGH 3		/* SIGWINCH: hidden by SIGCHLD as well */
#define A_ZOMBIE 4	/* no signal: see watched */

bool pending[4];
#define SOMETHING_PENDING (pending[STOP] || pending[CHLD] || pending[HIGH])
bool is_sent;		/* the SIGCHLD that is pending: by a process */
byte whom = NOBODY;	/* it names: the first of those it stands for */

/* Children, the eldest first, as wait4(2) walks them: main, then orphans. */
mtype:process = { LIVE, ZOMBIE, REAPED };
mtype:process main = LIVE;
mtype:process orphans[2];
byte living;		/* orphans, ended ones that are not reaped included */

/* Options. */
bool delay, grace, waits;

/* stop.c: struct stop. */
mtype:state = { RUNNING, DELAYING, STOPPING, KILLING_MAIN, WAITING, DRAINING,
	KILLING_REST };
mtype:deadline = { NEVER, ARMED, DUE };
mtype:state state = RUNNING;
mtype:deadline deadline = NEVER;
bool main_gone;
byte kills;		/* give_up is reached after so many */

/* sweep.c: struct sweep.  What a sweep costs may be anything, each time. */
bool may_cost;
bool is_costly, is_owed;
bool pauses;		/* the pause behind the last one is not over */

bool has_ended;		/* supervise.c: struct supervision */

/* What the claim looks at: one thing a run is enough, as it may be any. */
byte watched;
bool owed;		/* that signal has come and was not sent on */
byte marked;		/* which orphan, from 1 on, is that zombie */
bool asked;		/* to stop, where that is watched */

/* ------------------------------------------------------- the kernel */

/* signals.c: signals_wait() with 0: the lowest of those above, or none. */
inline take(above, without)
{
	sig = above + 1;
	do
	:: sig > HIGH -> sig = NONE; break
	:: sig <= HIGH && pending[sig] && sig != without -> break
	:: else -> sig++
	od;
	by_process = sig == CHLD && is_sent;
	if
	:: sig == CHLD -> named = whom; whom = NOBODY; is_sent = false
	:: else
	fi;
	pending[sig] = false
}

/* A child has ended: one SIGCHLD may stand for many, signal(7). */
inline tell_init(who)
{
	whom = (pending[CHLD] -> whom : who);
	pending[CHLD] = true
}

/* That number moves up, or is nobody's any more. */
inline renumber(who, gone)
{
	who = (who == NOBODY || who < gone -> who :
	    (who == gone -> NOBODY : who - 1))
}

/* An orphan is reaped, the younger ones move up. */
inline reap_orphan(i)
{
	if
	:: marked == i + 1 -> marked = 0
	:: marked > i + 1 -> marked--
	:: else
	fi;
	if
	:: i == 0 -> orphans[0] = orphans[1]
	:: else
	fi;
	orphans[1] = REAPED;
	renumber(whom, i + 1);
	renumber(named, i + 1);
	living--;
	result = 1
}

/* -------------------------------------------------- deliver.c, stop.c */

/* deliver.c: deliver_signal(); the rest is told by tree.c: tree_signal() */
inline deliver(what)
{
	if
#ifndef SIGNAL_THE_DEAD	/* assert */
	:: main_gone	/* by pidfds, and by no number of main's */
#endif
	:: else -> assert(main != REAPED)
	fi;
	owed = (watched == what -> pending[what] : owed)
}

/* stop.c: after() */
inline arm(if_so)
{
	deadline = (if_so -> ARMED : NEVER)
}

/* stop.c: start_clock() */
inline start_clock()
{
	state = (main_gone -> DRAINING : STOPPING);
	arm(grace)
}

/* supervise.c: forward(), with stop.c: stop_received() */
inline forward()
{
	if
	:: sig == STOP && (state == RUNNING || state == WAITING) && delay ->
		state = DELAYING;	/* and the signal is held */
		arm(true)
	:: sig == STOP && (state == DELAYING ||
	    ((state == RUNNING || state == WAITING) && !delay)) ->
		start_clock();
		deliver(STOP)
	:: else ->
		deliver(sig)
	fi
}

/* stop.c: stop_main_ended() */
inline main_ended()
{
	main_gone = true;
	if
	:: !grace && !waits -> has_ended = true
	:: else ->
		if
		:: state == KILLING_REST
		:: waits && state == RUNNING -> state = WAITING
		:: else -> arm(grace); state = DRAINING	/* TERM_REST */
		fi
	fi
}

/* stop.c: stop_expired(), with deliver.c: deliver_action() */
inline expired()
{
	if
	:: state == DELAYING ->
		start_clock();
#ifndef FORGET_THE_HELD	/* unheard */
		deliver(STOP)
#endif
	:: state == STOPPING ->
		state = KILLING_MAIN;
		arm(true);
		assert(main != REAPED)	/* deliver.c: kill_main() */
	:: state == KILLING_REST && kills == KILLS ->
		has_ended = true
	:: state == KILLING_REST && kills < KILLS ->
#ifndef NEVER_GIVE_UP	/* no_end */
		kills++;
#endif
		arm(true)
	:: else ->
		state = KILLING_REST;
		arm(true)
	fi
}

/* -------------------------------------------- children.c, sweep.c */

/*
 * children.c: reap(): what reaper.c: reaper_peek() or reaper.c: reaper_next()
 * finds, and children.c: note().  What is looked at stays a zombie till it is
 * reaped: that is one step here.
 */
inline reap_main()
{
	main = REAPED;
	result = 1;
	main_ended()
}

/* ... of all children, with sweep.c: sweep_end() */
inline sweep()
{
	if
	:: main == ZOMBIE -> reap_main()
	:: main != ZOMBIE && orphans[0] == ZOMBIE -> reap_orphan(0)
	:: main != ZOMBIE && orphans[0] != ZOMBIE && orphans[1] == ZOMBIE ->
		reap_orphan(1)
#ifdef TAKE_ANY_FOR_MAIN	/* assert */
		; main_ended()
#endif
	:: else -> result = 0
	fi;
	if
	:: may_cost -> is_costly = true
	:: is_costly = false
	fi;
	pauses = is_costly
}

/* children.c: reap_by_number(): main, then whom SIGCHLD has named */
inline reap_by_number()
{
	if
	:: numbers == 2 && main == ZOMBIE -> reap_main()
	:: numbers == 1 && named == 1 && orphans[0] == ZOMBIE -> reap_orphan(0)
	:: numbers == 1 && named == 2 && orphans[1] == ZOMBIE -> reap_orphan(1)
	:: else
	fi;
	numbers--;
	result = 1
}

/* ------------------------------------------------------- supervise.c */

/* supervise.c: handle_signal() */
inline handle()
{
	if
	:: sig == NONE || (sig == CHLD && !by_process)
	:: else -> forward()
	fi
}

/* supervise.c: next_signal(): the turn of the others, and the storm. */
inline look_past_children()
{
	turn = (turn + 1) % SIGNAL_BATCH;
	due = turn == 0;
	if
#ifndef STAY_DEAF	/* unheard */
	:: due ->
#ifdef FORGET_A_SENT_CHLD	/* unheard */
		take(last, CHLD);
#else
		take(last, NONE);
#endif
#ifndef FORGET_WHOSE_TURN	/* unheard */
		last = sig
#endif
#endif
	:: else -> sig = NONE
	fi;
	if
	:: sig == NONE && more -> take(NONE, (is_costly -> NONE : CHLD))
	:: else
	fi
}

/*
 * supervise.c: supervise(): is it time to reap?  Without due it would be
 * in the end, as every signal has its turn, but late.
 */
#ifdef FORWARD_CHLD_ALONE	/* unnoticed */
#define REAPS (!by_process && (sig == CHLD || sig == NONE || due))
#else
#define REAPS (sig == CHLD || sig == NONE || due)
#endif

/* supervise.c: reap(): is it time to ask all? */
#ifdef SWEEP_IN_PEACE_ALONE	/* stays */
#define ASKS_ALL (sig == NONE || !is_costly)
#else
#define ASKS_ALL (sig == NONE || !is_costly || (due && !pauses))
#endif

/* supervise.c: time_left(): what ends the wait beside signals */
#ifdef SLEEP_TILL_THE_DEADLINE	/* stays, with COSTLY */
#define SWEEP_IS_TIME (is_owed && !pauses && deadline != ARMED)
#else
#define SWEEP_IS_TIME (is_owed && !pauses)
#endif
#ifdef SLEEP_TOO_LONG	/* no_end */
#define DEADLINE_IS_TIME false
#else
#ifdef SLEEP_THE_PAUSE_OUT	/* no_end, with COSTLY */
#define DEADLINE_IS_TIME (deadline == DUE && !is_owed)
#else
#define DEADLINE_IS_TIME (deadline == DUE)
#endif
#endif
#define IS_AWAKENED (SOMETHING_PENDING || SWEEP_IS_TIME || DEADLINE_IS_TIME)

/* What was received is dealt with, and forgotten. */
inline turn_done()
{
	handle();
	reaps = REAPS;
	asks_all = reaps && ASKS_ALL;
	numbers = (reaps && is_costly -> 2 : 0);
	left = (is_costly -> 1 : REAP_BATCH);
	result = 1;
	sig = NONE;
	by_process = false;
	due = false
}

/*
 * What is watched, and the options that have to do with it.  A signal's turn
 * comes or not whatever the deadlines are: that is left to the other run.
 */
inline choose()
{
	atomic {
#if defined(COSTLY)
		if
		:: watched = STOP
		:: watched = A_ZOMBIE
		fi;
		may_cost = true;
		grace = true;
		if :: watched == STOP -> delay = true :: true fi;
		if :: waits = true :: true fi;
#else
		if
		:: watched = HIGH
		:: watched = CHLD
		:: watched = STOP
		:: watched = A_ZOMBIE
		fi;
		if
		:: watched == STOP -> delay = true
		:: true
		:: may_cost = true; waits = true	/* these have all in them */
		fi;
		if :: !may_cost -> grace = true :: true fi;
		if :: !may_cost -> waits = true :: true fi;
#endif
		/* One that was init's before it was executed, and had ended. */
		if
		:: watched == A_ZOMBIE ->
			orphans[0] = ZOMBIE; living = 1; marked = 1
		:: true
		fi
	}
}

active proctype init_loop()
{
	byte sig, last, turn, left, numbers;
	byte result = 1;
	byte named = NOBODY;
	bool by_process, more, due, reaps, asks_all, waited;

	choose();
#ifndef WAIT_AT_FIRST	/* stays */
	atomic {
		reaps = true;
		asks_all = true;
		left = REAP_BATCH
	};
#endif
	do
	:: has_ended -> break
	:: else ->
		if
		:: reaps	/* supervise.c: supervise(): once, before the loop */
		:: else ->
			d_step {
				look_past_children();
				waited = sig != NONE || more;
				if
				:: waited -> turn_done()
				:: else
				fi
			}
			/* supervise.c: next_signal(): the one wait */
			if
			:: waited
			:: else ->
asleep:				atomic {
					IS_AWAKENED;
					take(NONE, NONE);
					turn_done()
				}
			fi
		fi;
		/* children.c: children_reap() */
		do
		:: atomic { numbers > 0 && !has_ended -> reap_by_number() }
		:: atomic { numbers == 0 && asks_all && result != 0 && left > 0 &&
			!has_ended ->
			waited = false;
			sweep();
			left--
		   }
		:: else -> break
		od;
		atomic {
			if	/* stop.c: stop_none_left() */
#ifndef WAIT_FOR_THE_NEXT	/* lingers */
			:: asks_all && result == 0 && main == REAPED &&
			    living == 0 -> has_ended = true
#endif
			:: else
			fi;
#ifndef FORGET_TO_LOOK_AGAIN	/* stays */
			more = (reaps -> asks_all && result == 1 : more);
#endif
#ifndef FORGET_TO_SWEEP	/* stays */
			is_owed = (reaps -> !asks_all : is_owed);
#endif
			if
			:: !has_ended && deadline == DUE -> expired()
			:: else
			fi;
			result = 1;
			left = 0;
			numbers = 0;
			named = NOBODY;
			reaps = false;
			asks_all = false;
			waited = false
		}
	od
}

/* --------------------------------------------------------- the world */

/*
 * There are stop signals in each life, and beside them what is watched: more
 * at once adds nothing but states.
 */
inline send(what)
{
	pending[what] = true;
	owed = owed || watched == what;
	asked = asked || watched == STOP
}

active proctype world()
{
	watched != NONE;
	do
	:: atomic { !pending[STOP] -> send(STOP) }
	:: atomic { watched == HIGH && !pending[HIGH] -> send(HIGH) }
	:: atomic { watched == CHLD && !pending[CHLD] -> send(CHLD);
		is_sent = true }
	:: atomic { main == LIVE -> main = ZOMBIE; tell_init(0) }
	:: atomic { living < ORPHANS -> orphans[living] = LIVE; living++ }
	:: atomic { orphans[0] == LIVE -> orphans[0] = ZOMBIE; tell_init(1) }
	:: atomic { orphans[1] == LIVE -> orphans[1] = ZOMBIE; tell_init(2) }
	:: atomic { watched == A_ZOMBIE && marked == 0 &&
		orphans[0] == ZOMBIE -> marked = 1 }
	:: atomic { watched == A_ZOMBIE && marked == 0 &&
		orphans[1] == ZOMBIE -> marked = 2 }
	od
}

active proctype clock()
{
	do
	:: deadline == ARMED -> deadline = DUE
	:: pauses -> pauses = false
	/* Nothing more happens, for ever if need be: matters to who waits. */
	:: init_loop@asleep && !IS_AWAKENED
	od
}

/* --------------------------------------------------------- the claim */

/*
 * What must not happen is that one of these holds for ever.  Time goes on, but
 * a deadline may be far off beside a pause, or a pause long beside what is left
 * till the deadline: so each says which of them it has to wait for, and lives
 * in which that does not come are none.  All the world can do between two steps
 * of init comes to an end by itself, so that init needs no such rule.
 */
#define UNNOTICED (!has_ended && main == ZOMBIE)
#define STAYS (!has_ended && marked != 0)
#define UNHEARD (!has_ended && owed && main == LIVE)
#define LINGERS (!has_ended && main == REAPED && living == 0)
#define NO_END (!has_ended && \
	((main == REAPED && !waits) || (grace && asked)))

#define FOREVER(name, what, not_yet) \
name:	do \
	:: what && not_yet \
	:: what && !(not_yet) -> goto accept_##name \
	od; \
accept_##name: \
	what -> goto name

never {
	do
	:: !has_ended
	:: UNNOTICED -> goto unnoticed
	:: STAYS -> goto stays
	:: UNHEARD -> goto unheard
	:: LINGERS -> goto lingers
	:: NO_END -> goto no_end
	:: has_ended -> assert(main == REAPED || state == KILLING_REST); false
	od;
	FOREVER(unnoticed, UNNOTICED, false);
	FOREVER(stays, STAYS, pauses);
	FOREVER(unheard, UNHEARD, deadline == ARMED);
	FOREVER(lingers, LINGERS, pauses);
	FOREVER(no_end, NO_END, deadline == ARMED)
}
