# SPDX-License-Identifier: MIT
"""What there is of tests, how bats is asked for some of them, what it says."""
import collections
import re

LINE = re.compile(r'(ok|not ok) \d+ (.*?)(?: in (\d+)ms)?(?: # skip.*)?$')


def names(text):
    """Of the tests in a file."""
    return [name.strip()[1:-1] for name in
            re.findall(r'^@test +(.*) +\{$', text, re.MULTILINE)]


def command(tests):
    """bats for these: pairs of a file and a test's name."""
    wanted = '|'.join(re.sub(r'([][.()*+?{}|^$\\])', r'\\\1', name)
                      for _, name in tests)
    files = sorted({file for file, _ in tests})
    return ['bats', '--tap', '--timing', '--filter-tags', '!engines,!slow',
            '-f', f'^({wanted})$', *['tests/' + file for file in files]]


def known(tests):
    """The tests of each name, in the order of their running: a name may stand
    in two files, and bats does not say which of them it was."""
    found = collections.defaultdict(list)
    wanted = {name for _, name in tests}
    for file in sorted({file for file, _ in tests}):
        with open('tests/' + file, encoding='utf-8') as text:
            for name in names(text.read()):
                if name in wanted:
                    found[name].append((file, name))
    return found


def parse(line):
    """Of a line of bats's: whether all was well, the name and the time in
    seconds; None for any other line."""
    match = LINE.match(line)
    if not match:
        return None
    return match[1] == 'ok', match[2], int(match[3] or 0) / 1000
