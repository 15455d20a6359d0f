# SPDX-License-Identifier: MIT
"""Find tests, run some of them with bats, and parse the output of bats."""
import collections
import re

LINE = re.compile(r'(ok|not ok) \d+ (.*?)(?: in (\d+)ms)?(?: # skip.*)?$')


def names(text):
    """The names of the tests in a .bats file."""
    return [name.strip()[1:-1] for name in
            re.findall(r'^@test +(.*) +\{$', text, re.MULTILINE)]


def command(tests):
    """A bats command for these tests: pairs of a file and a test's name."""
    wanted = '|'.join(re.sub(r'([][.()*+?{}|^$\\])', r'\\\1', name)
                      for _, name in tests)
    files = sorted({file for file, _ in tests})
    return ['bats', '--tap', '--timing', '--filter-tags', '!engines,!slow',
            '-f', f'^({wanted})$', *['tests/' + file for file in files]]


def by_name(tests):
    """Map each name to its tests, in the order in which bats runs them.  Two
    files may have a test of the same name, and bats does not print the file."""
    found = collections.defaultdict(list)
    wanted = {name for _, name in tests}
    for file in sorted({file for file, _ in tests}):
        with open('tests/' + file, encoding='utf-8') as text:
            for name in names(text.read()):
                if name in wanted:
                    found[name].append((file, name))
    return found


def parse(line):
    """For a result line of bats: whether the test passed, its name and its time
    in seconds.  None for any other line."""
    match = LINE.match(line)
    if not match:
        return None
    return match[1] == 'ok', match[2], int(match[3] or 0) / 1000
