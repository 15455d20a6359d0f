# SPDX-License-Identifier: MIT
"""Generate the mutants of a C file.  A tokenizer is enough for this: a mutant
that is not valid C does not compile and is not counted."""
import re

TOKEN = re.compile(r'''
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<text>"(?:\\.|[^"\\])*")
  | (?P<char>'(?:\\.|[^'\\])*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|[0-9][0-9.]*[uUlL]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
''', re.VERBOSE | re.DOTALL | re.MULTILINE)

OPERATORS = {
    '==': ['!='], '!=': ['=='], '<': ['<=', '>'], '<=': ['<'],
    '>': ['>=', '<'], '>=': ['>'], '&&': ['||'], '||': ['&&'],
    '++': ['--'], '--': ['++'], '+=': ['-='], '-=': ['+='],
    '|=': ['&='], '&=': ['|='], '<<': ['>>'], '>>': ['<<'],
    '/': ['*'], '%': ['*'], '|': ['&'],
}
# Replaced only if binary; a unary minus is removed.
MAYBE_UNARY = {'+': ['-'], '-': ['+'], '*': ['+'], '&': ['|']}
KEYWORDS = {'return', 'sizeof', 'case', 'if', 'while', 'for', 'switch', 'else',
            'do', 'goto', 'break', 'continue', '_Alignas', '_Static_assert'}
TYPES = {'const', 'static', 'struct', 'enum', 'union', 'unsigned', 'signed',
         'char', 'int', 'long', 'short', 'void', 'bool', 'typedef', 'extern',
         'volatile', 'register', '_Alignas', '_Static_assert', '_Noreturn'}
# A constant is replaced by the next one in its family.
FAMILIES = [
    ['SIGTERM', 'SIGCONT', 'SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGTSTP',
     'SIGTTIN', 'SIGTTOU', 'SIGHUP', 'SIGINT', 'SIGPIPE', 'SIGXFSZ', 'SIGUSR1'],
    ['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR', 'EAGAIN', 'EINTR', 'EPERM',
     'ESRCH', 'ECHILD', 'ENOSYS', 'EINVAL', 'EIO', 'ENOMEM'],
    ['O_RDONLY', 'O_WRONLY', 'O_RDWR'],
    ['O_DIRECTORY', 'O_NOFOLLOW', 'O_NONBLOCK', 'O_APPEND', 'O_NOCTTY',
     'O_CREAT', 'O_EXCL'],
    ['WNOHANG', 'WNOWAIT', 'WEXITED', 'WSTOPPED', 'WCONTINUED'],
    ['STDIN_FILENO', 'STDOUT_FILENO', 'STDERR_FILENO'],
    ['P_PID', 'P_ALL'], ['true', 'false'], ['SIG_BLOCK', 'SIG_SETMASK'],
    ['SIG_DFL', 'SIG_IGN'], ['F_OK', 'R_OK', 'W_OK', 'X_OK'],
    ['CLOCK_MONOTONIC', 'CLOCK_REALTIME', 'CLOCK_BOOTTIME'],
]


class Token:
    """A token of the source; end is the offset after its last character."""

    def __init__(self, kind, text, start, line):
        self.kind, self.text, self.start, self.line = kind, text, start, line
        self.end = start + len(text)


def tokens(source):
    found, line = [], 1
    for match in TOKEN.finditer(source):
        if match.lastgroup != 'skip':
            found.append(Token(match.lastgroup, match.group(), match.start(),
                               line))
        line += match.group().count('\n')
    return found


def neighbours_of(sources):
    """Map each named constant to its neighbour in FAMILIES or in its enum."""
    groups = list(FAMILIES)
    for source in sources:
        found = tokens(source)
        for i, token in enumerate(found):
            if token.text != 'enum':
                continue
            while found[i].text not in ('{', ';', ')', ','):
                i += 1
            if found[i].text == '{':
                end = closing(found, i)
                groups.append([found[n].text for n in range(i + 1, end)
                               if found[n - 1].text in ('{', ',')
                               and found[n].kind == 'name'])
    neighbours = {}
    for group in groups:
        for i, name in enumerate(group):
            if len(group) > 1:
                neighbours.setdefault(name, group[(i + 1) % len(group)])
    return neighbours


PAIRS = {'(': ')', '[': ']', '{': '}'}


def closing(found, start):
    """The index of the bracket that closes the one at start."""
    depth = 0
    for i in range(start, len(found)):
        if found[i].text in PAIRS and found[i].kind == 'op':
            depth += 1
        elif found[i].text in PAIRS.values() and found[i].kind == 'op':
            depth -= 1
            if depth == 0:
                return i
    return len(found) - 1


class Mutant:
    """A change: the source from offset start to end becomes replacement."""

    def __init__(self, file, line, what, start, end, replacement, in_function):
        self.file, self.line, self.what = file, line, what
        self.in_function = in_function
        self.start, self.end, self.replacement = start, end, replacement
        self.name = f'{file}:{line}: {what}'

    def apply(self, source):
        return source[:self.start] + self.replacement + source[self.end:]


def shorten(text):
    text = ' '.join(text.split())
    return text if len(text) <= 50 else text[:47] + '...'


def mutants(file, source, neighbours):
    """All mutants of a file, in the order of its text."""
    found = tokens(source)
    made = []

    def add(first, last, replacement, what):
        made.append(Mutant(file, first.line, what, first.start, last.end,
                           replacement, in_function))

    def change(token, replacement):
        add(token, token, replacement,
            f'{token.text} -> {replacement or "nothing"}')

    depth = 0
    in_enum = in_function = False
    for i, token in enumerate(found):
        before = found[i - 1] if i else None
        if token.text == '{' and depth == 0:
            in_enum = any(t.text == 'enum' for t in found[max(0, i - 2):i])
            in_function = before.text == ')'
        if depth == 0 and token.text == ';':
            in_function = False
        depth += (token.text == '{') - (token.text == '}')
        if token.kind == 'number':
            constant(token, change)
        elif token.kind == 'char' and re.fullmatch(r"'[0-9A-Ya-y.:/]'",
                                                   token.text):
            change(token, f"'{chr(ord(token.text[1]) + 1)}'")
        elif token.kind == 'name' and token.text in neighbours and not (
                in_enum and before.text in '{,'):
            change(token, neighbours[token.text])
        elif token.kind == 'op' and depth:
            operator(found, i, change, add)
        if depth and may_begin_statement(found, i):
            statement(source, found, i, add)
        if token.text in ('if', 'while') and depth:
            end = closing(found, i + 1)
            add(found[i + 1], found[end], '(!%s)' %
                source[found[i + 1].start:found[end].end],
                f'{token.text} negated')
        if token.text == '(' and before.kind == 'name' and depth and \
                before.text not in KEYWORDS:
            swap(source, found, i, add)
    return made


def constant(token, change):
    text = token.text.rstrip('uUlL')
    if '.' in text:
        return
    octal = re.fullmatch('0[0-7]+', text)
    value = int(text, 8 if octal else 0)
    # Large numbers are halved: no test could tell 1,001 ms from 1,000.
    changed = {0: '1', 1: '0'}.get(value, str(value + 1 if value < 100 else
                                              value // 2))
    if octal:
        changed = '0%o' % (value + 1)
    change(token, changed + token.text[len(text):])


def is_value(token):
    return token.kind in ('name', 'number', 'char', 'text') and \
        token.text not in KEYWORDS or token.text in (')', ']')


def operator(found, i, change, add):
    token, before = found[i], found[i - 1]
    if token.text in MAYBE_UNARY and is_value(before):
        for replacement in MAYBE_UNARY[token.text]:
            change(token, replacement)
    elif token.text in OPERATORS:
        for replacement in OPERATORS[token.text]:
            change(token, replacement)
    elif token.text in ('!', '~') or \
            token.text == '-' and not is_value(before):
        change(token, '')


def may_begin_statement(found, i):
    before = found[i - 1].text
    label = before == ':' and (found[i - 2].text == 'default' or
                               found[i - 3].text == 'case')
    return label or before in (';', '{', '}', ')', 'else')


def statement(source, found, i, add):
    """If a statement begins here that is an expression, remove it; if it is a
    return, return 0 instead."""
    token = found[i]
    if token.kind != 'name' or token.text in TYPES or \
            token.text in ('if', 'while', 'for', 'switch', 'else', 'do', 'case',
                           'default', 'goto'):
        return
    end = i
    while found[end].text not in (';', '{', '}'):
        end = closing(found, end) + 1 if found[end].text in '([' else end + 1
        if end >= len(found):
            return
    if found[end].text != ';' or found[i - 1].text == ')' and \
            not ends_head(found, i - 1):
        return
    text = source[token.start:found[end].start]
    if token.text == 'return' and text != 'return':
        value = text[len('return'):].strip()
        if value not in ('0', '1', 'true', 'false'):
            add(token, found[end], 'return 0;', f'{shorten(text)} -> return 0')
    elif not re.match(r'\w+\s+\w', text): # a declaration
        add(token, found[end], ';', f'without {shorten(text)};')


def ends_head(found, end):
    """Does this parenthesis end the head of an if, while, for or switch?"""
    depth = 0
    for i in range(end, 0, -1):
        depth += (found[i].text == ')') - (found[i].text == '(')
        if depth == 0:
            return found[i - 1].text in ('if', 'while', 'for', 'switch')
    return False


def swap(source, found, i, add):
    """Swap each pair of adjacent arguments."""
    end = closing(found, i)
    starts, n = [i + 1], i + 1
    while n < end:
        if found[n].text in PAIRS:
            n = closing(found, n)
        elif found[n].text == ',':
            starts.append(n + 1)
        n += 1
    starts.append(end + 1)
    parts = [(found[a], found[b - 2]) for a, b in zip(starts, starts[1:])
             if b - 2 >= a]
    for one, other in zip(parts, parts[1:]):
        a = source[one[0].start:one[1].end]
        b = source[other[0].start:other[1].end]
        if a != b:
            add(one[0], other[1], f'{b}, {a}',
                f'{found[i - 1].text}: {shorten(a)} and {shorten(b)} swapped')
