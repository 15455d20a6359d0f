#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a command with a seccomp filter that makes system calls fail with ERRNO.

usage: refuse.py ERRNO NUMBER[,ARGUMENT...]... -- COMMAND [ARG]...
       refuse.py ERRNO --but FIRST LAST NUMBER... -- COMMAND [ARG]...

NUMBER is the number of a system call.  With arguments it fails only if the low
32 bits of its first ones have these values; an empty one may have any.

--but refuses all system calls except these, if they are made from an address
between FIRST and LAST.  That confines the filter to one program, at fixed
addresses: programs at other addresses inherit it, but are not affected.
"""
import ctypes
import errno
import os
import struct
import sys

# Opcodes of classic BPF.
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
# Offsets in struct seccomp_data; the low word of 64 bits comes first.
NUMBER, ADDRESS, ARGUMENT = 0, 8, 16
# What a filter returns.
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38


def refuse_all_but(error, first, last, numbers):
    allow = (RETURN, 0, 0, ALLOW)
    code = [(LOAD, 0, 0, ADDRESS + 4), (EQUAL, 1, 0, 0), allow]
    code += [(LOAD, 0, 0, ADDRESS), (AT_LEAST, 1, 0, first), allow]
    code += [(AT_LEAST, 0, 1, last), allow, (LOAD, 0, 0, NUMBER)]
    for number in numbers:
        code += [(EQUAL, 0, 1, number), allow]
    return code + [(RETURN, 0, 0, ERRNO | error)]


def refuse_only(error, rules):
    code = []
    for number, *arguments in rules:
        checks = [(NUMBER, number)]
        checks += [(ARGUMENT + 8 * i, value) for i, value in enumerate(arguments) if value]
        for i, (offset, value) in enumerate(checks):
            skip = 2 * (len(checks) - i) - 1
            code += [(LOAD, 0, 0, offset), (EQUAL, 0, skip, int(value, 0))]
        code.append((RETURN, 0, 0, ERRNO | error))
    return code + [(RETURN, 0, 0, ALLOW)]


def main():
    split = sys.argv.index("--")
    error, words = getattr(errno, sys.argv[1]), sys.argv[2:split]
    if words[0] == "--but":
        first, last, *numbers = (int(word, 0) for word in words[1:])
        code = refuse_all_but(error, first, last, numbers)
    else:
        code = refuse_only(error, [word.split(",") for word in words])
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    header = struct.pack("HxxxxxxP", len(code), ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0:
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0) != 0:
        sys.exit(f"refuse.py: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])


main()
