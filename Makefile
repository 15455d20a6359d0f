# SPDX-License-Identifier: MIT
# make, make check, lint, prove, bench, install: see CONTRIBUTING.md.
# CC CPPFLAGS CFLAGS LDFLAGS PREFIX DESTDIR BUILD DEBUG are the caller's.

VERSION = 0.1.0
COMMIT := $(shell git rev-parse --short=7 HEAD 2>/dev/null | cut -c1-7)

# musl makes by far the smallest static program; any libc will do.
ifeq ($(origin CC),default)
HINT = [ `wc -c <$@` -lt 200000 ] || echo 'make: this libc made $@' \
	'20 times as large as musl would; Debian: apt-get install musl-tools'
CC := $(or $(shell for cc in musl-gcc cc gcc clang; do \
	command -v $$cc >/dev/null && echo $$cc && break; done),cc)
endif
BUILD ?= .
PREFIX ?= /usr/local
ROOT = $(DESTDIR)$(PREFIX)
OUT = $(BUILD)/dist
CFLAGS ?= -Os
LDFLAGS ?= -static

OBJ = $(BUILD)/obj
PROGRAM = $(BUILD)/minireap
PROBE = $(OBJ)/probe
FOLDERS = modes options start stop report terminal system
SOURCES = $(sort $(wildcard *.c $(FOLDERS:%=%/*.c)))
HEADERS = $(sort $(wildcard *.h $(FOLDERS:%=%/*.h)))
OBJECTS = $(SOURCES:%.c=$(OBJ)/%.o)
PROBE_OBJECTS = $(patsubst tests/probe/%.c,$(OBJ)/probe-%.o,$(wildcard tests/probe/*.c))

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla
OUR_CPPFLAGS = -I. -D_GNU_SOURCE -DMINIREAP_VERSION='"$(VERSION)"' \
	-DMINIREAP_COMMIT='"$(or $(COMMIT),unknown)"'
OUR_CFLAGS = -std=c11 $(WARNINGS) -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables $(if $(DEBUG),-g)
# A static program has one address: shorter code.
OUR_CFLAGS += $(if $(filter -static,$(LDFLAGS)),-fno-pie)
# Few pages in memory, and few bytes of padding between them on disk.
OUR_LDFLAGS = -Wl,--gc-sections,-z,noseparate-code,-z,norelro \
	$(if $(DEBUG),,-s)
COMPILE = $(CC) $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -MMD -MP

all: $(PROGRAM)

$(PROGRAM): $(OBJECTS)
	$(CC) $(OUR_CFLAGS) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $(OBJECTS)
	@$(HINT)

$(PROBE): $(PROBE_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(PROBE_OBJECTS)

$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

$(OBJ)/probe-%.o: tests/probe/%.c Makefile | $(OBJ)
	$(CC) -D_GNU_SOURCE $(CPPFLAGS) -std=c11 $(WARNINGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OBJ)/options/usage.o: $(OBJ)/commit # for --version
$(OBJ)/commit: FORCE | $(OBJ)
	@echo '$(VERSION) $(COMMIT)' | cmp -s - $@ || \
	    echo '$(VERSION) $(COMMIT)' >$@

$(OBJ): ; mkdir -p $@

check check-engines check-slow check-all: $(PROGRAM) $(PROBE)
	MINIREAP=$(abspath $(PROGRAM)) PROBE=$(abspath $(PROBE)) sh tests/suite.sh $(or $(patsubst check-%,%,$(filter check-%,$@)),core)

lint: $(OBJECTS)
	SOURCES='$(SOURCES)' HEADERS='$(HEADERS)' OBJECTS='$(OBJECTS)' sh tests/lint.sh

prove: ; sh tests/prove.sh

bench: $(PROGRAM)
	MINIREAP=$(abspath $(PROGRAM)) sh bench/run.sh

install: $(PROGRAM)
	install -D -m 755 $(PROGRAM) $(ROOT)/bin/minireap
	install -D -m 644 minireap.1 $(ROOT)/share/man/man1/minireap.1
	install -D -m 644 LICENSE $(ROOT)/share/doc/minireap/LICENSE

uninstall:
	rm -rf $(addprefix $(ROOT)/,bin/minireap share/man/man1/minireap.1 share/doc/minireap)

deb image: $(PROGRAM)
deb image cross dist:
	VERSION='$(VERSION)' COMMIT='$(or $(COMMIT),unknown)' \
	    PROGRAM='$(PROGRAM)' OUT='$(OUT)' sh packaging/$@.sh

clean:
	rm -rf $(OBJ) $(PROGRAM) $(OUT)

.PHONY: FORCE all check check-engines check-slow check-all lint prove bench install uninstall deb image cross dist clean
-include $(OBJECTS:.o=.d) $(PROBE_OBJECTS:.o=.d)
