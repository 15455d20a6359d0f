# SPDX-License-Identifier: MIT
"""Break the source in small ways and see which tests notice: docs/testing.md.
Each mutant is built in a copy of the tree.  Its tests run in a box (box.sh)
that confines it."""
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

# Tests of something other than the program's behaviour, and tests that need an
# engine, which the box does not have.
EXCLUDED_FILES = re.compile(r'^(build|package|readme|mutate|fuzz|kernel|image|'
                            r'compose|cri|docker|podman|kubernetes|.*-engines)'
                            r'\.bats$')
# Tests of the size of another build, and tests that run other inits.
EXCLUDED_TESTS = re.compile('at most 45,056 bytes|36 resident|'
                            '(^|: )control: |cuts that file short|'
                            'in their manuals')
# Tests that compile a source themselves, so that its coverage is not counted.
BUILT_BY = {'stop/stop.c': 'stop-model.bats'}
QUICK = 0.3  # seconds: tests that take less run before the others
SLOW = 4  # seconds: tests that take longer are excluded
TRIES = 4  # for a test without a mutant, which may fail on a busy machine
FAVOURITES = 6  # how many of the tests that noticed most run first
EXTRA_TIME = 10  # seconds a test may take beyond four times its usual time

CFLAGS = '-O1 -Werror=int-conversion -Werror=incompatible-pointer-types'


class Failure(Exception):
    """Ends the run with a one-line message."""


def retry(function, *arguments, **named):
    """Call function until a process or thread can be created."""
    while True:
        try:
            return function(*arguments, **named)
        except (BlockingIOError, RuntimeError):
            time.sleep(1)


def make(tree, *words):
    """Run make; returns whether it succeeded, and its output."""
    while True:
        made = retry(subprocess.run, ['make', '-s', '-C', tree, *words],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, check=False)
        if made.returncode == 0 or not re.search(
                b'annot fork|unavailable', made.stdout):
            return made.returncode == 0, made.stdout.decode()
        time.sleep(1)


def list_sources():
    """The C files that make compiles, relative to ROOT."""
    made, output = make(ROOT, '--eval=sources: ; @echo $(SOURCES)', 'sources')
    if not made:
        raise Failure('make does not list the sources: ' + output)
    return output.split()


def list_headers():
    folders = {os.path.dirname(file) for file in list_sources()}
    return sorted(os.path.relpath(path, ROOT) for folder in folders
                  for path in glob.glob(os.path.join(ROOT, folder, '*.h')))


def read(file):
    with open(os.path.join(ROOT, file), encoding='utf-8') as text:
        return text.read()


def key_of_sources():
    key = hashlib.sha256()
    for file in list_sources() + list_headers():
        key.update(read(file).encode())
    return key.hexdigest()[:16]


def compiler():
    return 'musl-gcc' if shutil.which('musl-gcc') else 'gcc'


class Worker:
    """A copy of the tree, and the box in which its tests run."""

    def __init__(self, number, directory):
        self.tree = os.path.join(directory, f'tree-{number}')
        self.group = f'mutate-{os.getpid()}-{number}'
        shutil.copytree(ROOT, self.tree, symlinks=True,
                        ignore=shutil.ignore_patterns('.git', 'build', 'obj',
                                                      'dist', 'minireap'))
        self.words = ['BUILD=build/m', 'CC=' + compiler(), 'CFLAGS=' + CFLAGS]
        self.must_make('all', 'build/m/obj/probe')
        self.objects = {file: self.object_of(file)
                        for file in list_sources()}
        self.program = os.path.join(self.tree, 'build', 'm', 'minireap')
        shutil.copy(self.program, self.program + '.original')

    @contextlib.contextmanager
    def original(self, mutant, source):
        """Restore the program without the mutant for a while."""
        self.write(mutant.file, source)
        os.rename(self.program, self.program + '.mutant')
        shutil.copy(self.program + '.original', self.program)
        try:
            yield
        finally:
            os.rename(self.program + '.mutant', self.program)
            self.write(mutant.file, mutant.apply(source))

    def must_make(self, *targets):
        built, output = make(self.tree, *self.words, *targets)
        if not built:
            raise Failure('build failed: ' + output)

    def object_of(self, file):
        with open(f'{self.tree}/build/m/obj/{file[:-2]}.o', 'rb') as object_:
            return object_.read()

    def write(self, file, text):
        with open(os.path.join(self.tree, file), 'w', encoding='utf-8') as out:
            out.write(text)

    def optimized(self, file):
        """The object code at higher levels of optimization."""
        made = b''
        for level in '-O2', '-Os':
            out = os.path.join(self.tree, 'build', 'optimized.o')
            subprocess.run(['gcc', '-std=c11', '-D_GNU_SOURCE', '-w', level,
                            '-I.', '-DMINIREAP_VERSION=""',
                            '-DMINIREAP_COMMIT=""', '-c', '-o', out, file],
                           cwd=self.tree, check=True)
            with open(out, 'rb') as object_:
                made += object_.read()
        return made

    def open_box(self, words, build='build/m'):
        # Under bats, remove its variables and internal commands.
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith('BATS_')}
        path = [directory for directory in environment['PATH'].split(':')
                if not os.path.exists(directory + '/bats-exec-test')]
        environment.update(PATH=':'.join(path),
                           MINIREAP=f'/tmp/tree/{build}/minireap',
                           PROBE=f'/tmp/tree/{build}/obj/probe',
                           MINIREAP_SCHEDULES='30', TMPDIR='/tmp')
        # A new session, so that a mutant's kill(0) does not reach us.
        return retry(
            subprocess.Popen, ['setpriv', '--pdeathsig', 'KILL', 'sh',
                               os.path.join(HERE, 'box.sh'), self.group,
                               self.tree, *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True, env=environment)

    def close_box(self, process):
        process.kill()  # unshare, and with it everything in the box
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
        """Yield the lines of its output; at last None, if it then wrote nothing
        for limit seconds."""
        text = b''
        while True:
            ready, _, _ = select.select([process.stdout], [], [], limit)
            if not ready:
                yield None
                return
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                return
            *complete, text = (text + data).split(b'\n')
            yield from (line.decode(errors='replace') for line in complete)

    def run_tests(self, tests, times):
        """Yield each test with whether it passed and its time; at last None, if
        the next test took too long.  self.remaining counts tests not yet run."""
        limit = EXTRA_TIME + 4 * max(times.get(test, 5) for test in tests)
        by_name = tap.by_name(tests)
        self.remaining = 1
        process = self.open_box(tap.command(tests))
        try:
            for line in self.lines(process, limit):
                if line is None:
                    yield None
                    return
                if line.startswith('1..'):
                    self.remaining = int(line[3:])
                result = tap.parse(line)
                self.remaining -= result is not None
                same_name = by_name[result[1]] if result else []
                test = same_name.pop(0) if same_name else None
                if test in tests:
                    yield test, result[0], result[2]
        finally:
            self.close_box(process)


class Tests:
    """The tests, how long they take, and which lines each one reaches."""

    def __init__(self, files):
        self.all = []
        for path in sorted(glob.glob(ROOT + '/tests/*.bats')):
            file = os.path.basename(path)
            if EXCLUDED_FILES.match(file) or files and file not in files:
                continue
            with open(path, encoding='utf-8') as text:
                self.all += [(file, name) for name in tap.names(text.read())
                             if not EXCLUDED_TESTS.search(name)]
        self.times = {}
        self.reach = {}  # (source, line): the tests that reach it
        self.source_lines = {}  # source: the lines that have code
        self.uncounted = set()  # tests that left no coverage data
        self.place = {test: n for n, test in enumerate(self.all)}.get
        self.noticed = collections.defaultdict(collections.Counter)

    def check(self, workers):
        """Run the tests without a mutant; drop those that are slow."""
        run_threads(self.check_some, [(worker, self.all[n::len(workers)])
                                      for n, worker in enumerate(workers)])
        self.all = [test for test in self.all
                    if self.times.get(test, SLOW) < SLOW]
        if not self.all:
            raise Failure('no tests')

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
            if not failed and worker.remaining == 0 or not tests:
                return
        raise Failure('fails without a mutant: %s: %s' % (failed or tests)[0])

    def learn(self, workers):
        """Find the lines that each test reaches.  That takes long, so the result
        is stored."""
        path = os.path.join(STORE, f'reach-{key_of_sources()}.json')
        known = []
        if os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                known = [json.loads(line) for line in file]
        have = {(file, name) for file, name, _ in known}
        missing = [test for test in self.all if test not in have]
        if missing:
            print(f'finding the lines that {len(missing)} tests reach',
                  flush=True)
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
                self.uncounted.add(test)
            for source, (lines, all_lines) in reached.items():
                self.source_lines.setdefault(source, set()).update(all_lines)
                for line in lines:
                    self.reach.setdefault((source, line), set()).add(test)

    def candidates(self, mutant):
        """The tests that may notice the mutant."""
        lines = self.source_lines.get(mutant.file)
        if not lines:
            return list(self.all)
        found = set()
        # A line without code belongs to the line before it.  So does a line
        # that no test reaches: a test that is killed leaves no coverage data.
        for line in sorted((n for n in lines if n <= mutant.line),
                           reverse=True):
            found = self.reach.get((mutant.file, line), set())
            if found:
                break
        if not mutant.in_function or not found: # any test of this source
            found = set().union(*(self.reach.get((mutant.file, n), set())
                                  for n in lines))
        built = BUILT_BY.get(mutant.file)
        return list(found | self.uncounted |
                    {test for test in self.all if test[0] == built})

    def in_order(self, mutant):
        """The candidates in three lists: likely ones, quick ones, others."""
        tests = sorted(self.candidates(mutant),
                       key=lambda test: self.times[test])
        noticed = self.noticed[mutant.file]
        likely = sorted((test for test in tests if noticed[test]),
                        key=lambda test: -noticed[test] /
                        (0.2 + self.times[test]))[:FAVOURITES]
        rest = [test for test in tests if test not in likely]
        return [likely, [t for t in rest if self.times[t] < QUICK],
                [t for t in rest if self.times[t] >= QUICK]]


def judge(worker, tests, mutant, source):
    """Which test notices the mutant: None if no test does, '' if the mutant does
    not count, because it does not compile or changes no code."""
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
    """Run the tests in left up to the first that fails; remove those that pass.
    Returns the one that failed, or None."""
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
    # After a timeout, or if bats exited early: the first that has not run.
    return failed or (min(left, key=tests.place) if left else None)


def notice(worker, tests, mutant, source):
    """Which test notices the mutant, or None.  On a busy machine a test may fail
    by chance, so it has to fail, pass without the mutant, and fail again."""
    for left in tests.in_order(mutant):
        while left:
            failed = first_to_fail(worker, tests, left)
            if failed is None:
                break
            with worker.original(mutant, source):
                while first_to_fail(worker, tests, [failed]):
                    time.sleep(5)
            if first_to_fail(worker, tests, [failed]):
                tests.noticed[mutant.file][failed] += 1
                return '%s: %s' % failed
            left.remove(failed)
    return None


def choose(options):
    """The sources, and the mutants in order; those of each file are spread evenly
    over the list."""
    sources = {file: read(file) for file in list_sources()}
    neighbours = mutants.neighbours_of([*map(read, list_headers()),
                                        *sources.values()])
    chosen = []
    for file, source in sources.items():
        if options.file and file not in options.file:
            continue
        made = mutants.mutants(file, source, neighbours)
        if options.only:
            made = [m for m in made if re.search(options.only, m.name)]
        random.Random(f'{options.seed} {file}').shuffle(made)
        chosen += [((n + 0.5) / len(made), file, m)
                   for n, m in enumerate(made)]
    return sources, [m for _, _, m in sorted(chosen, key=lambda c: c[:2])]


class Results:
    """The results for these sources, stored in a file."""

    def __init__(self, again):
        os.makedirs(STORE, exist_ok=True)
        self.path = os.path.join(STORE, f'found-{key_of_sources()}.json')
        self.found = {}
        if again and os.path.exists(self.path):
            with open(self.path, encoding='utf-8') as file:
                self.found = dict(json.loads(line) for line in file)

    def get(self, mutant):
        """None also if the mutant survived: there may be a new test."""
        return self.found.get(f'{mutant.name} {mutant.start}')

    def add(self, mutant, noticed):
        with open(self.path, 'a', encoding='utf-8') as file:
            json.dump([f'{mutant.name} {mutant.start}', noticed], file)
            file.write('\n')


class Run:
    def __init__(self, options, tests, sources, chosen):
        self.results = Results(options.again)
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
                noticed = self.results.get(mutant)
                if noticed is None:
                    noticed = judge(worker, self.tests, mutant,
                                    self.sources[mutant.file])
                    with self.lock:
                        if not self.options.tests: # all tests were tried
                            self.results.add(mutant, noticed)
                self.report(mutant, noticed)
        except queue.Empty:
            pass

    def report(self, mutant, noticed):
        with self.lock:
            kind = {None: 'survived', '': 'uncounted'}.get(noticed, 'noticed')
            self.counts[mutant.file][kind] += 1
            if kind == 'uncounted':
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
        print(f'{name:20} {counts["noticed"]:4} of {of:4} noticed {percent:6.1f}%'
              f'  ({counts["uncounted"]} more do not count)')


def run_threads(function, arguments):
    """Run all at the same time; re-raise the first exception at the end."""
    failures = []

    def guarded(*words):
        try:
            function(*words)
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=words, daemon=True)
               for words in arguments]
    for thread in threads:
        retry(thread.start)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def parse():
    parser = argparse.ArgumentParser(
        prog='tests/mutate/run.sh', description='Break the source in small ways'
        ' and see which tests notice.')
    parser.add_argument('--seed', type=int, default=1,
                        help='select other mutants')
    parser.add_argument('--count', type=int, default=300,
                        help='how many mutants to try')
    parser.add_argument('--file', action='append',
                        help='only mutants of this source')
    parser.add_argument('--only', metavar='REGEX',
                        help='only mutants whose FILE:LINE: CHANGE matches')
    parser.add_argument('--tests', metavar='FILES',
                        help='only the tests in these files')
    parser.add_argument('--workers', type=int, default=2,
                        help='how many mutants to try at the same time')
    parser.add_argument('--list', action='store_true',
                        help='list the mutants in order, and exit')
    parser.add_argument('--learn', action='store_true',
                        help='find the lines that each test reaches, and exit')
    parser.add_argument('--again', action='store_true',
                        help='reuse the results for these sources; try only '
                        'new mutants and survivors')
    parser.add_argument('--min', type=float, default=0, metavar='PERCENT',
                        help='fail if fewer are noticed')
    return parser.parse_args()


def run(options, sources, chosen):
    tests = Tests(options.tests.split() if options.tests else None)
    with tempfile.TemporaryDirectory(prefix='minireap-mutate.') as directory:
        os.chmod(directory, 0o755)
        workers = [Worker(n, directory) for n in range(options.workers)]
        tests.check(workers)
        print(f'{len(tests.all)} tests, {sum(tests.times.values()):.0f} s: '
              'pass without a mutant', flush=True)
        if not options.tests:
            tests.learn(workers)
        if options.learn:
            return 0
        job = Run(options, tests, sources, chosen)
        run_threads(job.work, [(worker,) for worker in workers])
    total = job.totals()
    of = total['noticed'] + total['survived']
    return 0 if of and 100 * total['noticed'] >= options.min * of else 1


def main():
    options = parse()
    # Clean up after SIGTERM as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sources, chosen = choose(options)
        if options.list:
            print('\n'.join(mutant.name for mutant in chosen))
            return 0
        return run(options, sources, chosen)
    except Failure as failure:
        print(f'mutate: {failure}', file=sys.stderr)
        return 125


if __name__ == '__main__':
    sys.exit(main())
