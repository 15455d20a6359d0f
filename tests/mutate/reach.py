# SPDX-License-Identifier: MIT
"""Find out which lines each test reaches, on a build with --coverage.  Runs the
tests of the JSON file LIST one at a time and prints a line of JSON for each.
Runs in the box (box.sh).  usage: reach.py LIST OBJECTS"""
import glob
import json
import os
import subprocess
import sys

import tap


def reached_lines(objects):
    """The lines reached and all lines, by source file; resets the counters."""
    counters = [name for name in glob.glob(objects + '/**/*.gcda', recursive=True)
                if not os.path.basename(name).startswith('probe')]
    if not counters:
        return {}
    text = subprocess.run(['gcov', '--json-format', '--stdout', *counters],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False).stdout.decode()
    found = {}
    for line in text.splitlines():
        for file in json.loads(line)['files']:
            lines = found.setdefault(file['file'], {})
            for entry in file['lines']:
                number = entry['line_number']
                lines[number] = lines.get(number, 0) or entry['count']
    for counter in counters:
        os.unlink(counter)
    return {file: [[n for n in lines if lines[n]], list(lines)]
            for file, lines in found.items()}


def succeeds(command):
    try:
        return not subprocess.run(
            command, timeout=60, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False).returncode
    except (subprocess.TimeoutExpired, BlockingIOError):
        return False


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        tests = json.load(file)
    os.umask(0)
    for file, name in tests:
        # A test may fail on a busy machine before it has reached every line.
        for _ in range(2):
            if succeeds(tap.command([(file, name)])):
                break
        print(json.dumps([file, name, reached_lines(sys.argv[2])]), flush=True)


main()
