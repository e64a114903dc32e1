# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of the rig share: where things are kept, how to say something, and
# how the small programs of the channel are built.  To be sourced; the caller has
# set -eu and `here`, the directory selftests/qemu.

# shellcheck disable=SC2154 # here is the caller's
TOP=$(dirname "$(dirname "$here")")
TUX_CACHE=$(realpath -m "${TUX_CACHE:-/var/cache/tux}")
RIG_CACHE=$TUX_CACHE/rig
export TUX_CACHE

PATH=$PATH:/usr/sbin:/sbin

# progress, for whoever asked for it with -v
say()
{
	[ -z "${RIG_VERBOSE:-}" ] || echo "rig: $*" >&2
}

warn()
{
	echo "rig: $*" >&2
}

die()
{
	echo "rig: $*" >&2
	exit "${DIE_STATUS:-70}"
}

# copy_libs PROGRAM ROOT [DIR]: the shared libraries of PROGRAM into ROOT/DIR, and
# the dynamic loader into ROOT/lib.  The loader is found by its name alone, so
# it goes to the one place that programs name.
copy_libs()
{
	local dest=$2/${3:-lib} lib

	mkdir -p "$dest" "$2/lib"
	ldd "$1" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | while read -r lib; do
		[ -e "$dest/${lib##*/}" ] || cp -L "$lib" "$dest/"
	done
	[ -e "$2/lib/ld-linux-x86-64.so.2" ] ||
		cp -L /lib64/ld-linux-x86-64.so.2 "$2/lib/"
}

# Build agent, mux and guest if need be; prints the directory that has them.
build_channel()
{
	local src=$here/channel key dir tmp prog

	key=$(cat "$src"/*.[ch] | sha256sum | cut -c1-16)
	dir=$RIG_CACHE/channel-$key
	if [ ! -d "$dir" ]; then
		mkdir -p "$RIG_CACHE"
		tmp=$(mktemp -d "$RIG_CACHE/.tmp.XXXXXX")
		for prog in agent mux guest; do
			gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -static \
				-o "$tmp/$prog" "$src/$prog.c" "$src/channel.c" || {
				rm -rf "$tmp"
				die "the channel's $prog does not build"
			}
		done
		chmod 755 "$tmp"
		# somebody else may have been quicker: theirs is the same
		mv -T "$tmp" "$dir" 2>/dev/null || rm -rf "$tmp"
	fi
	echo "$dir"
}

# --- the machine -------------------------------------------------------------

# Addresses of documentation, in a network namespace that nobody else sees.
# shellcheck disable=SC2034 # for those who source this
{
RIG_TAP=tux0
RIG_HOST4=192.0.2.1
RIG_GUEST4=192.0.2.2
RIG_HOST6=2001:db8::1
RIG_GUEST6=2001:db8::2
RIG_HOST_MAC=52:54:00:00:02:01
RIG_GUEST_MAC=52:54:00:00:02:02
RIG_PORT=org.tux.agent
}

# qemu_arguments ACCEL SMP MEM: the machine without its devices, in the array QEMU.
# The processor is QEMU's fullest, without five-level page tables, which would only make
# every walk longer.
qemu_arguments()
{
	QEMU=(qemu-system-x86_64 -nodefaults -no-user-config -no-reboot
		-machine pc -smp "$2" -m "$3"
		-global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off
		-global PIIX4_PM.acpi-root-pci-hotplug=off)
	if [ "$1" = kvm ]; then
		QEMU+=(-accel kvm -cpu host)
	else
		QEMU+=(-accel tcg -cpu "max,la57=off")
	fi
	[ -z "${RIG_ICOUNT:-}" ] || QEMU+=(-icount "$RIG_ICOUNT")
}

# kernel_arguments SMP
#
# The console is the serial line: only there a panic is seen.  It shows warnings while
# booting; init turns it up.  panic=-1 with QEMU's -no-reboot ends a dead guest at
# once.  Mitigations are off for every server alike: they slow down system calls, which
# a server in the kernel does not make, so leaving them on would flatter tux.
#
# The rest saves seconds of boot under emulation: nothing random about the layout,
# self-tests of ciphers, certificates, and the type information that only
# BPF programs want.  Replacing lock prefixes costs a second and is pointless there.
kernel_arguments()
{
	local args="console=ttyS0 loglevel=5 panic=-1 log_buf_len=4M mitigations=off"

	args+=" tsc=reliable no_timer_check random.trust_cpu=on nokaslr cryptomgr.notests"
	args+=" unknown_nmi_panic=1 initcall_blacklist=init_encrypted,crypto_kdf108_init,"
	args+="jent_mod_init,load_system_certificate_list,bpf_tcp_ca_kfunc_init,"
	args+="bpf_dummy_struct_ops_init"
	[ "$1" != 1 ] || args+=" noreplace-smp"
	# see guest.config
	[ "${TUX_KERNEL:-}" != debug ] || args+=" pci=noacpi"
	echo "$args"
}

# boot_image VMLINUZ: the same kernel uncompressed, if QEMU can start it like that.
# Unpacking it takes the host a second, the emulated guest several.
boot_image()
{
	local image=$1 dir=$RIG_CACHE/vmlinux out tmp setup offset length magic

	magic=$(head -c 4 "$image" | od -An -tx1 | tr -d ' \n')
	if [ "$magic" = 7f454c46 ]; then
		echo "$image"
		return
	fi
	out=$dir/$(stat -c '%n %s %Y' "$(realpath "$image")" | sha256sum | cut -c1-16)
	if [ ! -s "$out" ]; then
		mkdir -p "$dir"
		tmp=$(mktemp "$dir/.tmp.XXXXXX")
		# the boot protocol: setup sectors, then the payload at an offset
		setup=$(od -An -tu1 -j 497 -N 1 "$image" | tr -d ' ')
		offset=$(od -An -tu4 -j 584 -N 4 "$image" | tr -d ' ')
		length=$(od -An -tu4 -j 588 -N 4 "$image" | tr -d ' ')
		[ "$setup" != 0 ] || setup=4
		# the last four bytes are the size, not part of the stream
		tail -c +$(((setup + 1) * 512 + offset + 1)) "$image" |
			head -c $((length - 4)) >"$tmp" || :
		unpack_payload "$tmp" || {
			rm -f "$tmp" "$tmp.elf"
			# a compression we do not know, or no PVH: as it is, then
			out=$image
		}
		rm -f "$tmp"
		[ ! -e "$tmp.elf" ] || mv "$tmp.elf" "$out"
	fi
	echo "$out"
}

unpack_payload()
{
	case $(head -c 4 "$1" | od -An -tx1 | tr -d ' \n') in
	fd377a58) xz -dc --single-stream "$1" ;;
	28b52ffd) zstd -qdc "$1" ;;
	1f8b*)	gzip -dc "$1" ;;
	02214c18) lz4 -dc "$1" ;;
	*)	return 1 ;;
	esac >"$1.elf"
	# QEMU starts an ELF file by the entry point in this note, which CONFIG_PVH adds
	readelf -nW "$1.elf" 2>/dev/null | grep -q 'Xen .*0x00000012'
}

# make_stage OUT STAGE [CPIO...]: what this run adds to the guest's root, as a disk.
# Archives come in a row; cpio in the guest stops at the first one's end, so there is
# only one here, made from all.
make_stage()
{
	local out=$1 stage=$2 cpio

	shift 2
	for cpio; do
		(cd "$stage" && cpio --quiet -idu <"$cpio")
	done
	cp "$here/servers/unload" "$stage/rig/"
	head -c 64 /dev/urandom >"$stage/rig/seed"
	(cd "$stage" && find . -mindepth 1 -printf '%P\0' |
		cpio --quiet -0 -o -H newc -R 0:0) >"$out"
	# a disk has whole sectors
	truncate -s %4096 "$out"
}

# make_disk DIR FS FILE: the document root as the guest's disk: a file system, or a
# tar archive where the guest makes the file system itself.
make_disk()
{
	local dir=$1 fs=$2 file=$3 kb

	if [ "$fs" != ext4 ]; then
		tar -cf "$file" -C "$dir" .
		return
	fi
	# room to write in, and for many small files
	kb=$(du -sk --apparent-size "$dir" | cut -f1)
	truncate -s $((kb * 3 / 2 + 64 * 1024))K "$file"
	mke2fs -q -t ext4 -d "$dir" -i 4096 -E lazy_itable_init=0,lazy_journal_init=0,nodiscard \
		-J size=8 "$file"
}

# kvm_works: whether a guest boots with KVM on this machine.  The device may be there and
# yet hang, so try it, once per boot of the host.
kvm_works()
{
	local verdict=$RIG_CACHE/kvm-verdict id log

	[ -w /dev/kvm ] || return 1
	id=$(cat /proc/sys/kernel/random/boot_id)
	if [ "$(cut -d' ' -f1 "$verdict" 2>/dev/null)" != "$id" ]; then
		say "probing KVM"
		log=$(mktemp "$RIG_CACHE/.tmp.XXXXXX")
		qemu_arguments kvm 1 512M
		timeout -k 1 15 "${QEMU[@]}" -display none -kernel "$RIG_KERNEL" \
			-initrd "$RIG_BASE" -append "$(kernel_arguments 1) rig.probe" \
			-serial "file:$log" </dev/null >/dev/null 2>&1 || :
		if grep -q 'rig: probe ok' "$log" 2>/dev/null; then
			echo "$id yes" >"$verdict"
		else
			echo "$id no" >"$verdict"
		fi
		rm -f "$log"
	fi
	[ "$(cut -d' ' -f2 "$verdict")" = yes ]
}

# --- what is built from this tree --------------------------------------------

# build_module DIR KREL KDIR DEST: build the module in DIR for a kernel and copy its .ko
# to DEST.  The tree stays clean: sources are copied to the cache, one directory
# for each tree and kernel; when none of them changed there is nothing to build.
build_module()
{
	local src=$1 krel=$2 kdir=$3 dest=$4 dir log

	dir=$TUX_CACHE/build/$(echo "$src" | sha256sum | cut -c1-12)
	dir=$dir/$krel-$(realpath "$kdir" | sha256sum | cut -c1-8)
	log=$dir.log
	mkdir -p "$dir"
	(
		flock 9
		# everything below DIR, or what belongs to tux if DIR is the whole project
		list=(.)
		[ ! -d "$src/kmod" ] || list=(Kbuild kmod)
		cd "$src"
		# What kbuild made is excluded, and so neither copied nor deleted; links to
		# sources elsewhere in the tree become copies.
		changed=$(rsync -irLtRO --delete-after --prune-empty-dirs --include='*/' \
			--include='*.[chS]' --include='Kbuild*' --exclude='*' \
			"${list[@]}" "$dir/" 9>&-)
		[ -n "$changed" ] || [ ! -e "$dir/.built" ] || exit 0
		rm -f "$dir/.built"
		if ! make -C "$kdir" M="$dir" modules >"$log" 2>&1 </dev/null 9>&-; then
			grep -E 'error|Error|warning:' "$log" | head -n 40 >&2 ||
				tail -n 40 "$log" >&2
			exit 1
		fi
		: >"$dir/.built"
	) 9>"$dir.lock" || die "the module in $src does not build for $krel; see $log"
	cp "$dir"/*.ko "$dest/" || die "$src built no module"
	# line numbers stay in the cache; the guest would only have to read them
	strip --strip-debug "$dest"/*.ko
}

# build_tuxctl DEST: tuxctl for the guest, linked statically
build_tuxctl()
{
	local src=$TOP/userspace-ctl dir

	[ -e "$src/Makefile" ] || return 0
	dir=$TUX_CACHE/build/$(echo "$src" | sha256sum | cut -c1-12)
	mkdir -p "$dir"
	(
		flock 9
		# dkms.conf beside it has the version
		rsync -lt "$TOP/dkms.conf" "$dir/"
		rsync -rlt --exclude=tuxctl --exclude='*.o' "$src" "$dir/"
		make -C "$dir/userspace-ctl" static >"$dir.log" 2>&1 </dev/null
	) 9>"$dir.lock" || die "tuxctl does not build; see $dir.log"
	cp "$dir/userspace-ctl/tuxctl" "$1/"
}

# build_userver DEST: the user-mode server of the experiments, linked statically
build_userver()
{
	local src=$TOP/selftests/bench/userver dir

	dir=$TUX_CACHE/build/$(echo "$src" | sha256sum | cut -c1-12)
	mkdir -p "$dir"
	(
		flock 9
		make -C "$src" OUT="$dir" >"$dir.log" 2>&1 </dev/null 9>&-
	) 9>"$dir.lock" || die "userver does not build; see $dir.log"
	cp "$dir/userver" "$1/"
}
