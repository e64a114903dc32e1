# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A disk that can be told not to answer, or to fail: an image in the work directory, with
# a device mapper target in front of it. For tests; sourced after common.bash.

# disk_new: makes DISK (a name of the device mapper, SECTORS long, on LOOP) and mounts it
# on MNT, in the work directory. Skips the test where that cannot be.
disk_new()
{
	type dmsetup mke2fs losetup >/dev/null 2>&1 ||
		skip_all "dmsetup, mke2fs and losetup are needed"
	[ "$(id -u)" = 0 ] || skip_all "not root"
	modprobe -a loop dm-mod dm-delay ext4 2>/dev/null || :
	workdir || die "no directory"
	DISK=tux-slow-$$
	MNT=$WORKDIR/mnt
	truncate -s 64M "$WORKDIR/image"
	mke2fs -F "$WORKDIR/image" >/dev/null 2>&1 || die "mke2fs"
	LOOP=$(losetup -f) || skip_all "no loop device"
	losetup "$LOOP" "$WORKDIR/image" 2>/dev/null || skip_all "no loop device"
	at_exit losetup -d "$LOOP"
	SECTORS=$(blockdev --getsz "$LOOP")
	dm create "$DISK" --table "0 $SECTORS linear $LOOP 0" 2>/dev/null ||
		skip_all "no device mapper"
	at_exit dm remove --retry "$DISK"
	[ -e "/dev/mapper/$DISK" ] || dm mknodes "$DISK"
	mkdir "$MNT"
	mount -t ext4 -o noatime "/dev/mapper/$DISK" "$MNT" || die "mount"
	at_exit umount "$MNT"
}

dm()
{
	dmsetup --noudevsync --noudevrules "$@"
}

# disk_stop: every read hangs from now on, until disk_go
disk_stop()
{
	dm suspend --noflush --nolockfs "$DISK"
}

disk_go()
{
	dm resume "$DISK"
}

# disk_fail: every read and write ends with an error from now on, until disk_heal
disk_fail()
{
	disk_table "0 $SECTORS error"
}

# disk_stripes: the same for half of it, every other 8 KiB
disk_stripes()
{
	disk_table "$(seq 0 32 $((SECTORS - 32)) | awk -v disk="$LOOP" '{
		print $1, 16, "linear", disk, $1
		print $1 + 16, 16, "error"
	}')"
}

disk_heal()
{
	disk_table "0 $SECTORS linear $LOOP 0"
}

# disk_table TABLE: what stands in front of the image from now on
disk_table()
{
	printf '%s\n' "$1" >"$WORKDIR/table"
	dm suspend --nolockfs "$DISK" && dm load "$DISK" "$WORKDIR/table" && dm resume "$DISK"
}

# forget: nothing is in memory any more
forget()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
}
