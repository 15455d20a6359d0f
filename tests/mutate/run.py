# SPDX-License-Identifier: MIT
"""Break the source in small ways, and see which tests notice: see
docs/mutation.md.  Each mutant is built in a copy of the tree; its tests run in
a box (box.sh) that it cannot get out of."""
import argparse
import collections
import contextlib
import glob
import hashlib
import json
import os
import queue
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import mutants
import tap

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
STORE = os.path.join(ROOT, 'build', 'mutate')

# Files of tests that look at other things than what the program does, or at
# engines, which a box has not.
OTHER_FILES = re.compile(r'^(build|package|readme|mutate|fuzz|kernel|image|'
                         r'compose|cri|docker|podman|kubernetes|.*-engines)'
                         r'\.bats$')
# Tests that say nothing here: of another build's size, of a minute, of others.
OTHER_TESTS = re.compile('at most 34,000 bytes|36 resident|the test is real|'
                         'cuts that file short|their manuals have')
# The tests that build a file by themselves, so that no line is seen reached.
BUILT_BY = {'stop.c': 'stop-model.bats'}
QUICK = 0.3  # seconds of a test
SLOW = 4  # seconds of a test that is left out
TRIES = 4  # of what fails without a mutant, as it may on a busy machine
FAVOURITES = 6  # tests that are tried first
MORE_TIME = 10  # seconds that a test may take longer than ever

CFLAGS = '-O1 -Werror=int-conversion -Werror=incompatible-pointer-types'


class Failure(Exception):
    """The one line that ends it all."""


def key_of_sources():
    key = hashlib.sha256()
    for path in sorted(glob.glob(ROOT + '/*.[ch]')):
        with open(path, 'rb') as file:
            key.update(file.read())
    return key.hexdigest()[:16]


def patiently(function, *arguments, **named):
    """Again, for as long as the machine has no process to spare."""
    while True:
        try:
            return function(*arguments, **named)
        except (BlockingIOError, RuntimeError):
            time.sleep(1)


def make(tree, *words):
    """Whether it went well, and what it says."""
    while True:
        made = patiently(subprocess.run, ['make', '-s', '-C', tree, *words],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, check=False)
        if made.returncode == 0 or not re.search(
                b'annot fork|unavailable', made.stdout):
            return made.returncode == 0, made.stdout.decode()
        time.sleep(1)


def compiler():
    return 'musl-gcc' if shutil.which('musl-gcc') else 'gcc'


class Worker:
    """A copy of the tree, and the box that its tests run in."""

    def __init__(self, number, directory):
        self.tree = os.path.join(directory, f'tree-{number}')
        self.group = f'mutate-{os.getpid()}-{number}'
        shutil.copytree(ROOT, self.tree, symlinks=True,
                        ignore=shutil.ignore_patterns('.git', 'build', 'obj',
                                                      'dist', 'minireap'))
        self.words = ['BUILD=build/m', 'CC=' + compiler(), 'CFLAGS=' + CFLAGS]
        self.must_make('all', 'build/m/obj/probe')
        self.objects = {file: self.object_of(file)
                        for file in glob.glob1(self.tree, '*.c')}
        self.program = os.path.join(self.tree, 'build', 'm', 'minireap')
        shutil.copy(self.program, self.program + '.original')

    @contextlib.contextmanager
    def original(self, mutant, source):
        """Without the mutant."""
        self.write(mutant.file, source)
        os.rename(self.program, self.program + '.mutant')
        shutil.copy(self.program + '.original', self.program)
        try:
            yield
        finally:
            os.rename(self.program + '.mutant', self.program)
            self.write(mutant.file, mutant.apply(source))

    def must_make(self, *targets):
        built, says = make(self.tree, *self.words, *targets)
        if not built:
            raise Failure('it does not build: ' + says)

    def object_of(self, file):
        with open(f'{self.tree}/build/m/obj/{file[:-2]}.o', 'rb') as object_:
            return object_.read()

    def write(self, file, text):
        with open(os.path.join(self.tree, file), 'w', encoding='utf-8') as out:
            out.write(text)

    def optimized(self, file):
        """Its code, as a compiler makes it that looks closer."""
        made = b''
        for level in '-O2', '-Os':
            out = os.path.join(self.tree, 'build', 'closer.o')
            subprocess.run(['gcc', '-std=c11', '-D_GNU_SOURCE', '-w', level,
                            '-DMINIREAP_VERSION=""', '-DMINIREAP_COMMIT=""',
                            '-c', '-o', out, file], cwd=self.tree, check=True)
            with open(out, 'rb') as object_:
                made += object_.read()
        return made

    def open_box(self, words, build='build/m'):
        # In a test of bats there are its variables, and its parts are found.
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith('BATS_')}
        path = [directory for directory in environment['PATH'].split(':')
                if not os.path.exists(directory + '/bats-exec-test')]
        environment.update(PATH=':'.join(path),
                           MINIREAP=f'/tmp/tree/{build}/minireap',
                           PROBE=f'/tmp/tree/{build}/obj/probe',
                           MINIREAP_SCHEDULES='30', TMPDIR='/tmp')
        # A session of its own: what a mutant sends to group 0 stays there.
        return patiently(
            subprocess.Popen, ['setpriv', '--pdeathsig', 'KILL', 'sh',
                               os.path.join(HERE, 'box.sh'), self.group,
                               self.tree, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True, env=environment)

    def close_box(self, process):
        process.kill()  # unshare, and with it all that is in there
        process.wait()
        process.stdout.close()
        for root in ('/sys/fs/cgroup/pids', '/sys/fs/cgroup/memory',
                     '/sys/fs/cgroup'):
            self.remove_groups(os.path.join(root, self.group))

    @staticmethod
    def remove_groups(top):
        deadline = time.monotonic() + 5
        while os.path.isdir(top) and time.monotonic() < deadline:
            for directory, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(directory)
                except OSError:
                    time.sleep(0.01)

    @staticmethod
    def lines(process, limit):
        """What it writes; None at the end if a line took longer than limit
        seconds."""
        text = b''
        while True:
            ready, _, _ = select.select([process.stdout], [], [], limit)
            if not ready:
                yield None
                return
            some = os.read(process.stdout.fileno(), 65536)
            if not some:
                return
            *whole, text = (text + some).split(b'\n')
            yield from (line.decode(errors='replace') for line in whole)

    def run_tests(self, tests, times):
        """Each with whether it was well and its time; at last None where none
        of those that are left has ended in time."""
        limit = MORE_TIME + 4 * max(times.get(test, 5) for test in tests)
        known = tap.known(tests)
        self.to_come = 1
        process = self.open_box(tap.command(tests))
        try:
            for line in self.lines(process, limit):
                if line is None:
                    yield None
                    return
                if line.startswith('1..'):
                    self.to_come = int(line[3:])
                result = tap.parse(line)
                self.to_come -= result is not None
                same = known[result[1]] if result else []
                test = same.pop(0) if same else None
                if test in tests:
                    yield test, result[0], result[2]
        finally:
            self.close_box(process)


class Tests:
    """Which there are, how long they take, and what each reaches."""

    def __init__(self, files):
        self.all = []
        for path in sorted(glob.glob(ROOT + '/tests/*.bats')):
            file = os.path.basename(path)
            if OTHER_FILES.match(file) or files and file not in files:
                continue
            with open(path, encoding='utf-8') as text:
                self.all += [(file, name) for name in tap.names(text.read())
                             if not OTHER_TESTS.search(name)]
        self.times = {}
        self.reach = {}  # (source, line): the tests
        self.source_lines = {}  # source: the lines that can be reached
        self.blind = set()
        self.place = {test: n for n, test in enumerate(self.all)}.get
        self.killers = collections.defaultdict(collections.Counter)

    def check(self, workers):
        """On the program as it is; those that are slow do not run."""
        run_threads(self.check_some, [(worker, self.all[n::len(workers)])
                                      for n, worker in enumerate(workers)])
        self.all = [test for test in self.all
                    if self.times.get(test, SLOW) < SLOW]
        if not self.all:
            raise Failure('no test')

    def check_some(self, worker, tests):
        if not tests:
            return
        for again in range(TRIES):
            time.sleep(again)
            failed = []
            for result in worker.run_tests(tests, {}):
                if result and result[1]:
                    self.times[result[0]] = result[2]
                elif result:
                    failed.append(result[0])
            tests = [test for test in tests if test not in self.times]
            if not failed and worker.to_come == 0 or not tests:
                return
        raise Failure('without a mutant fails: %s: %s' % (failed or tests)[0])

    def learn(self, workers):
        """What each reaches; kept, as it takes long."""
        path = os.path.join(STORE, f'reach-{key_of_sources()}.json')
        known = []
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                known = [json.loads(line) for line in file]
        have = {(file, name) for file, name, _ in known}
        missing = [test for test in self.all if test not in have]
        if missing:
            print(f'{len(missing)} tests: what does each reach?', flush=True)
            os.makedirs(STORE, exist_ok=True)
            with open(path, 'a', encoding='utf-8') as out:
                run_threads(self.learn_some,
                            [(worker, missing[n::len(workers)], known, out)
                             for n, worker in enumerate(workers)])
        self.enter(known)

    @staticmethod
    def learn_some(worker, tests, known, out):
        with open(worker.tree + '/reach.json', 'w', encoding='utf-8') as file:
            json.dump(tests, file)
        process = worker.open_box(
            ['sh', '-c', '''
             umask 0
             gcc -O1 -c -o dump.o tests/coverage/dump.c &&
             make -s BUILD=build/c CC=gcc \
                 CFLAGS='-O0 -g --coverage -fprofile-update=single' \
                 LDFLAGS="-static --coverage -Wl,--wrap=_exit $PWD/dump.o" \
                 all build/c/obj/probe >&2 && chmod -R a+rwX build/c &&
             exec "$0" -B tests/mutate/reach.py reach.json build/c/obj''',
             sys.executable], 'build/c')
        for line in worker.lines(process, 300):
            if line is None:
                break
            known.append(json.loads(line))
            out.write(line + '\n')
            out.flush()
        worker.close_box(process)

    def enter(self, known):
        for file, name, reached in known:
            test = (file, name)
            if test not in self.times:
                continue
            if not reached:
                self.blind.add(test)
            for source, (lines, all_lines) in reached.items():
                self.source_lines.setdefault(source, set()).update(all_lines)
                for line in lines:
                    self.reach.setdefault((source, line), set()).add(test)

    def of(self, mutant):
        """Those that may notice it."""
        lines = self.source_lines.get(mutant.file)
        if not lines:
            return list(self.all)
        found = set()
        # What lies between two lines that can be reached belongs to the first;
        # what none reaches, to the one before: not all that reach it say so.
        for line in sorted((n for n in lines if n <= mutant.line),
                           reverse=True):
            found = self.reach.get((mutant.file, line), set())
            if found:
                break
        if not mutant.inside or not found: # what is in no function, to all
            found = set().union(*(self.reach.get((mutant.file, n), set())
                                  for n in lines))
        built = BUILT_BY.get(mutant.file)
        return list(found | self.blind |
                    {test for test in self.all if test[0] == built})

    def in_order(self, mutant):
        """Some lists, one after the other: the likely ones, the quick ones."""
        left = sorted(self.of(mutant), key=lambda test: self.times[test])
        kills = self.killers[mutant.file]
        likely = sorted((test for test in left if kills[test]),
                        key=lambda test: -kills[test] /
                        (0.2 + self.times[test]))[:FAVOURITES]
        rest = [test for test in left if test not in likely]
        return [likely, [t for t in rest if self.times[t] < QUICK],
                [t for t in rest if self.times[t] >= QUICK]]


def judge(worker, tests, mutant, source):
    """Which test has noticed it; None if none has; '' if it is none."""
    worker.write(mutant.file, mutant.apply(source))
    try:
        target = f'build/m/obj/{mutant.file[:-2]}.o'
        if not make(worker.tree, *worker.words, target)[0]:
            return ''
        if worker.object_of(mutant.file) == worker.objects[mutant.file]:
            return ''
        if not make(worker.tree, *worker.words, 'all')[0]:
            return ''
        noticed = notice(worker, tests, mutant, source)
        if noticed is None:
            other = worker.optimized(mutant.file)
            worker.write(mutant.file, source)
            if other == worker.optimized(mutant.file):
                return ''
        return noticed
    finally:
        worker.write(mutant.file, source)
        worker.must_make('all')


def first_to_fail(worker, tests, left):
    """Of these, taking those out of left that are well; None if all are."""
    results = worker.run_tests(left, tests.times)
    failed = None
    for result in results:
        if result is None:
            break
        if not result[1]:
            failed = result[0]
            break
        left.remove(result[0])
    results.close()
    # A time-out, or bats itself has ended: the first that has not run.
    return failed or (min(left, key=tests.place) if left else None)


def notice(worker, tests, mutant, source):
    """A machine that is busy fails, too, but not twice, and not between these
    without the mutant, either."""
    for some in tests.in_order(mutant):
        left = list(some)
        while left:
            failed = first_to_fail(worker, tests, left)
            if failed is None:
                break
            with worker.original(mutant, source):
                while first_to_fail(worker, tests, [failed]):
                    time.sleep(5)
            if first_to_fail(worker, tests, [failed]):
                tests.killers[mutant.file][failed] += 1
                return '%s: %s' % failed
            left.remove(failed)
    return None


def choose(options):
    """The mutants, each file's spread evenly over the whole list."""
    sources = {}
    for path in sorted(glob.glob(ROOT + '/*.c')):
        with open(path, encoding='utf-8') as file:
            sources[os.path.basename(path)] = file.read()
    with open(ROOT + '/minireap.h', encoding='utf-8') as file:
        neighbour = mutants.families([file.read(), *sources.values()])
    chosen = []
    for file, source in sources.items():
        if options.file and file not in options.file:
            continue
        some = mutants.mutants(file, source, neighbour)
        if options.only:
            some = [m for m in some if re.search(options.only, m.name)]
        random.Random(f'{options.seed} {file}').shuffle(some)
        chosen += [((n + 0.5) / len(some), file, m)
                   for n, m in enumerate(some)]
    return sources, [m for _, _, m in sorted(chosen, key=lambda c: c[:2])]


class Known:
    """What has been found out of these sources, in a file."""

    def __init__(self, again):
        os.makedirs(STORE, exist_ok=True)
        self.path = os.path.join(STORE, f'found-{key_of_sources()}.json')
        self.found = {}
        if again and os.path.exists(self.path):
            with open(self.path, encoding='utf-8') as file:
                self.found = dict(json.loads(line) for line in file)

    def get(self, mutant):
        """None, too, where it has survived: there may be a new test."""
        return self.found.get(f'{mutant.name} {mutant.start}')

    def add(self, mutant, noticed):
        with open(self.path, 'a', encoding='utf-8') as file:
            json.dump([f'{mutant.name} {mutant.start}', noticed], file)
            file.write('\n')


class Run:
    def __init__(self, options, tests, sources, chosen):
        self.known = Known(options.again)
        self.options, self.tests, self.sources = options, tests, sources
        self.queue = queue.Queue()
        for mutant in chosen:
            self.queue.put(mutant)
        self.lock = threading.Lock()
        self.counts = collections.defaultdict(collections.Counter)
        self.counted = 0

    def work(self, worker):
        try:
            while self.counted < self.options.count:
                mutant = self.queue.get_nowait()
                noticed = self.known.get(mutant)
                if noticed is None:
                    noticed = judge(worker, self.tests, mutant,
                                    self.sources[mutant.file])
                    with self.lock:
                        if not self.options.tests: # some say little
                            self.known.add(mutant, noticed)
                self.tell(mutant, noticed)
        except queue.Empty:
            pass

    def tell(self, mutant, noticed):
        with self.lock:
            kind = {None: 'survived', '': 'none'}.get(noticed, 'noticed')
            self.counts[mutant.file][kind] += 1
            if kind == 'none':
                return
            self.counted += 1
            print(f'{mutant.name}: ' + ('SURVIVED' if noticed is None else
                                        f'noticed by {noticed}'), flush=True)

    def totals(self):
        total = collections.Counter()
        for file, counts in sorted(self.counts.items()):
            self.total(file, counts)
            total += counts
        self.total('all', total)
        return total

    @staticmethod
    def total(name, counts):
        of = counts['noticed'] + counts['survived']
        percent = 100 * counts['noticed'] / of if of else 100
        print(f'{name:15} {counts["noticed"]:4} of {of:4} noticed {percent:6.1f}%'
              f'  ({counts["none"]} more do not count)')


def run_threads(function, arguments):
    """All at once; what one of them raises is raised when all have ended."""
    failures = []

    def guarded(*some):
        try:
            function(*some)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=some, daemon=True)
               for some in arguments]
    for thread in threads:
        patiently(thread.start)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def parse():
    parser = argparse.ArgumentParser(
        prog='tests/mutate/run.sh', description='Break the source in small ways'
        ' and see which tests notice.')
    parser.add_argument('--seed', type=int, default=1, help='of the choice')
    parser.add_argument('--count', type=int, default=300,
                        help='how many mutants')
    parser.add_argument('--file', action='append', help='of this source only')
    parser.add_argument('--only', help='those whose line has this, a regular '
                        'expression')
    parser.add_argument('--tests', help='the tests of these files only')
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--list', action='store_true',
                        help='the mutants, in their order, and no more')
    parser.add_argument('--learn', action='store_true',
                        help='what each test reaches, and no more')
    parser.add_argument('--again', action='store_true',
                        help='believe what was noticed before, of these very '
                        'sources')
    parser.add_argument('--least', type=float, default=0, metavar='PERCENT',
                        help='fail if less are noticed')
    return parser.parse_args()


def run(options, sources, chosen):
    tests = Tests(options.tests.split() if options.tests else None)
    with tempfile.TemporaryDirectory(prefix='minireap-mutate.') as directory:
        os.chmod(directory, 0o755)
        workers = [Worker(n, directory) for n in range(options.workers)]
        tests.check(workers)
        print(f'{len(tests.all)} tests, {sum(tests.times.values()):.0f} s: '
              'well without a mutant', flush=True)
        if not options.tests:
            tests.learn(workers)
        if options.learn:
            return 0
        job = Run(options, tests, sources, chosen)
        run_threads(job.work, [(worker,) for worker in workers])
    total = job.totals()
    of = total['noticed'] + total['survived']
    return 0 if of and 100 * total['noticed'] >= options.least * of else 1


def main():
    options = parse()
    # Of a signal, too, nothing is left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sources, chosen = choose(options)
    if options.list:
        print('\n'.join(mutant.name for mutant in chosen))
        return 0
    try:
        return run(options, sources, chosen)
    except Failure as failure:
        print(f'mutate: {failure}', file=sys.stderr)
        return 125


if __name__ == '__main__':
    sys.exit(main())
