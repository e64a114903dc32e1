# SPDX-License-Identifier: GPL-2.0-only
#
# The door to everything: builds the module and tuxctl, runs demo, tests and
# benchmarks, installs. The object list of the module is in Kbuild, which the
# kernel's own build system reads; this file only calls it.
#
# Every target works from a clean clone on Debian 12 as root, and can be
# interrupted and run again. `make help` lists them.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local
DESTDIR ?=

# One place for the version: dkms.conf, which DKMS insists on reading itself.
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)

# Recipes use absolute paths in quotes, so the tree may lie anywhere.
TOP := $(CURDIR)

KBUILD = $(MAKE) -C "$(KDIR)" M="$(TOP)"
# What kbuild leaves at the top level and below kmod/. Listed here because
# `make clean` has to work without any kernel headers as well.
KBUILD_LEFT = -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
	-o -name '.*.cmd' -o -name '*.order' -o -name '*.symvers' -o -name '*.i' \
	-o -name '*.s' -o -name '*.gcno' -o -name '*.dwo' -o -name '.*.d'

.PHONY: all module tuxctl demo check check-debug check-kcsan soak conformance bench bench-insn reproduce fuzz style vm \
	install uninstall dkms-install dkms-uninstall clean help headers

all: tuxctl module

## make                build tux.ko (KVER=... or KDIR=... for another kernel) and tuxctl
module: headers
	+@$(KBUILD) modules

headers:
	@test -e "$(KDIR)/Makefile" || { \
		echo "make: no kernel headers for $(KVER) in $(KDIR)" >&2; \
		echo "make: install them:  apt-get install linux-headers-$(KVER)" >&2; \
		echo "make: or, on any machine, without headers:  make demo" >&2; \
		exit 1; }

tuxctl:
	+@$(MAKE) --no-print-directory -C userspace-ctl VERSION="$(VERSION)"

## make demo           everything in a guest: build, load, serve, tune live, compare with nginx
demo:
	@selftests/demo/run

## make check          every test, on both supported kernels
check:
	@selftests/check $(if $(WITHIN),--within $(WITHIN))

## make check-debug    the guest tests on a kernel with KASAN, lockdep and friends
check-debug:
	@selftests/check --debug $(if $(WITHIN),--within $(WITHIN))

## make check-kcsan    the guest tests on a kernel that finds data races (not in check)
check-kcsan:
	@selftests/check --kcsan $(if $(WITHIN),--within $(WITHIN))

## make soak           mixed traffic in a guest, 30 minutes (SOAK_SECONDS=...)
soak:
	@selftests/soak

## make conformance    HTTP on the wire: tux, nginx and lighttpd, the table in docs/
conformance:
	@selftests/conformance/compare

## make bench          the performance table, into out/bench/ (QUICK=1: shorter)
bench:
	@selftests/bench/bench

## make bench-insn     instructions per request, into out/bench-insn/
bench-insn:
	@selftests/bench/bench-insn

## make reproduce      the papers' experiments, into out/reproduce/ (ONLY=fig10, QUICK=1)
reproduce:
	@selftests/reproduce/run

## make fuzz           the parsers under a fuzzer (FUZZ_SECONDS=...)
fuzz:
	@selftests/fuzz/run

## make style          checkpatch, sparse, cppcheck, coccinelle, W=1, shellcheck; silent when clean
style:
	@selftests/style/run

## make vm             a guest that serves, at 127.0.0.1:8080 of this machine
vm:
	@selftests/qemu/vm

# The distribution's signing key is not here, so signing is not tried.
## make install        module and tuxctl (PREFIX=/usr/local, DESTDIR=...)
install: all
	+@$(KBUILD) INSTALL_MOD_DIR=updates INSTALL_MOD_PATH="$(DESTDIR)" \
		CONFIG_MODULE_SIG_ALL= modules_install
	+@$(MAKE) --no-print-directory -C userspace-ctl install VERSION="$(VERSION)" \
		PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"

## make uninstall      what install put there is removed
uninstall:
	rm -f "$(DESTDIR)/lib/modules/$(KVER)/updates/"tux.ko*
	@if test -z "$(DESTDIR)" && test -d "/lib/modules/$(KVER)"; then depmod -a "$(KVER)"; fi
	+@$(MAKE) --no-print-directory -C userspace-ctl uninstall \
		PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"

# DKMSFLAGS may move DKMS' own trees (--dkmstree and the like), DESTDIR /usr/src.
DKMSFLAGS ?=
DKMS_SRC = $(DESTDIR)/usr/src/tux-$(VERSION)
DKMS = dkms $(DKMSFLAGS) -m tux -v "$(VERSION)"

## make dkms-install   give the sources to DKMS: built for every kernel installed from now on
dkms-install: dkms-uninstall headers
	install -d "$(DKMS_SRC)"
	cp -R Kbuild Makefile dkms.conf LICENSE kmod "$(DKMS_SRC)/"
	@$(MAKE) --no-print-directory -C "$(DKMS_SRC)" clean
	$(DKMS) add
	$(DKMS) -k "$(KVER)" --kernelsourcedir "$(KDIR)" build
	$(DKMS) -k "$(KVER)" install

## make dkms-uninstall the opposite
dkms-uninstall:
	@command -v dkms >/dev/null || { echo "make: no dkms: apt-get install dkms" >&2; exit 1; }
	@if test -n "$$($(DKMS) status)"; then $(DKMS) --all remove; fi
	rm -rf "$(DKMS_SRC)"

## make clean          remove everything that was built or written here (out/ too)
clean:
	@find . -maxdepth 1 -type f \( $(KBUILD_LEFT) \) -delete
	@if test -d kmod; then find kmod -type f \( $(KBUILD_LEFT) \) -delete; fi
	@rm -rf .tmp_versions out
	+@for d in userspace-ctl selftests selftests/unit selftests/fuzz; do \
		if test -e $$d/Makefile; then \
			$(MAKE) --no-print-directory -C $$d clean || exit 1; fi; done

help:
	@sed -n 's/^## //p' Makefile
