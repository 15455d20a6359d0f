#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a command to which the kernel refuses system calls, by seccomp.

usage: refuse.py ERRNO NUMBER[,ARGUMENT]... -- COMMAND [ARG]...

NUMBER is a system call's; with ARGUMENT only where its first argument is that.
"""
import ctypes
import errno
import os
import struct
import sys

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def program(error, rules):
    code = []
    for number, argument in rules:
        code.append((LOAD, 0, 0, 0))
        if argument is None:
            code.append((EQUAL, 0, 1, number))
        else:
            code += [(EQUAL, 0, 3, number), (LOAD, 0, 0, 16), (EQUAL, 0, 1, argument)]
        code.append((RETURN, 0, 0, ERRNO | error))
    code.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in code), len(code)


def main():
    split = sys.argv.index("--")
    rules = []
    for word in sys.argv[2:split]:
        number, _, argument = word.partition(",")
        rules.append((int(number), int(argument) if argument else None))
    code, length = program(getattr(errno, sys.argv[1]), rules)
    text = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxP", length, ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    if libc.prctl(22, 2, header, 0, 0) != 0:
        sys.exit(f"refuse.py: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])


main()
