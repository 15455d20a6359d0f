# SPDX-License-Identifier: MIT
"""Run, in the box and one by one, the tests that are listed in a file, on a
build with --coverage: each gives a line of JSON, which lines it reaches.
usage: reach.py LIST OBJECTS"""
import glob
import json
import os
import subprocess
import sys

import tap


def reached(objects):
    counters = [name for name in glob.glob(objects + '/*.gcda')
                if not os.path.basename(name).startswith('probe')]
    if not counters:
        return {}
    text = subprocess.run(['gcov', '--json-format', '--stdout', *counters],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False).stdout.decode()
    found = {}
    for line in text.splitlines():
        for file in json.loads(line)['files']:
            lines = found.setdefault(os.path.basename(file['file']), {})
            for entry in file['lines']:
                number = entry['line_number']
                lines[number] = lines.get(number, 0) or entry['count']
    for counter in counters:
        os.unlink(counter)
    return {file: [[n for n in lines if lines[n]], list(lines)]
            for file, lines in found.items()}


def run(command):
    """Whether it ends well."""
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
        # What fails on a busy machine has not reached all that it does.
        for _ in range(2):
            if run(tap.command([(file, name)])):
                break
        print(json.dumps([file, name, reached(sys.argv[2])]), flush=True)


main()
