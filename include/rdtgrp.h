/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RDTGRP_H
#define RDTGRP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @file rdtgrp.h
 * librdtgrp: Linux resctrl groups as handles, and the values of their monitors.
 *
 * The kernel's resctrl filesystem (Intel RDT, AMD QoS, Arm MPAM) has a directory for every group of
 * tasks. This library turns such a directory, given as a file descriptor or a path, into a checked
 * and refcounted handle, and reads the group's mon_data through it: cache occupancy, memory
 * bandwidth, energy. Where a comment names a kernel file, Linux 7.3 is meant; what is said holds for
 * every kernel with resctrl unless a version is named. The user's document of the kernel is
 * Documentation/filesystems/resctrl.rst.
 *
 * RULES THAT HOLD FOR ALL FUNCTIONS
 *
 * - Failure is a negative errno. What a function hands out through a `ret_` parameter is set on
 *   success and untouched on failure. `ret_` pointers must not be NULL unless it says so.
 * - `..._ref` returns its argument, `..._unref` accepts NULL and always returns NULL, `..._unrefp`
 *   takes the address of a variable, for the compiler's cleanup attribute.
 * - All objects but the log callback, readers and watches are immutable after creation, and all reference
 *   counts are atomic: any number of threads may use one object at once. A reference must be held for
 *   as long as it is used. Every function is thread-safe unless it says otherwise; none is
 *   async-signal-safe.
 * - The library prints nothing, ends nothing, and leaves the caller's signal handlers, limits, CPU
 *   affinity (but see RDTGRP_READER_ON_DOMAIN_CPUS) and environment alone. All file descriptors that
 *   it opens are close-on-exec.
 * - Reading is passive: it creates nothing and takes no lock. One trace cannot be avoided: the kernel
 *   clears its one last_cmd_status buffer on every access to a file of a group
 *   (fs/resctrl/rdtgroup.c, rdtgroup_kn_lock_live).
 * - A call needs up to 64 KiB of stack, and each thread that has had a failure 11 KiB for its error
 *   record.
 * - Names are bytes ending with NUL and may hold anything but NUL and '/': newlines, terminal escape
 *   codes and more than 255 bytes included. Whoever prints them has to make them harmless.
 * - Every function may in addition return -ENOMEM (no memory) and, where it opens files, -EMFILE or
 *   -ENFILE (no file descriptor left). These are not listed again below.
 */

#if defined(__GNUC__) || defined(__clang__)
#define RDTGRP_EXPORT __attribute__((visibility("default")))
#else
#define RDTGRP_EXPORT
#endif

/** @name Version
 * @{ */

/** The version that this header belongs to. */
#define RDTGRP_VERSION_MAJOR 0
#define RDTGRP_VERSION_MINOR 1
#define RDTGRP_VERSION_PATCH 0

/**
 * The version of the library that is running, as "MAJOR.MINOR.PATCH". The string is static.
 * Since: 0.1
 */
RDTGRP_EXPORT const char *rdtgrp_version(void);

/** @} */

/** @name Log
 * Silent unless a callback is set. Messages are for people: their text is no interface.
 * @{ */

/**
 * A log callback.
 *
 * @param priority a priority of syslog.h, LOG_ERR (3) to LOG_DEBUG (7).
 * @param message one line without a newline at its end; valid during the call only.
 * @param userdata what was given to rdtgrp_set_log().
 *
 * It may be called from every thread that uses the library, from several at once. It may call the
 * library; what it does to errno is undone.
 */
typedef void (*rdtgrp_log_fn)(int priority, const char *message, void *userdata);

/**
 * Set the process's log callback, or with NULL make the library silent again.
 *
 * @param max_priority messages less urgent (numerically greater) than this are not passed on.
 *
 * A thread that is inside the library at this moment may call the former callback once more.
 * Since: 0.1
 */
RDTGRP_EXPORT void rdtgrp_set_log(rdtgrp_log_fn callback, int max_priority, void *userdata);

/** @} */

/** @name Errors
 * A negative errno says what kind of failure it was. The thread's error record says the rest: which
 * file, what was tried, what the kernel itself said, what the caller can do. It belongs to the
 * calling thread and describes the last function of this library that failed in it; a success leaves
 * it as it is. The strings are never NULL and valid until the next failure in the same thread.
 * @{ */

/** The errno, negative, or 0 where nothing has failed yet in this thread. Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_error_code(void);

/** A whole sentence without a period: the object, the cause, and the kernel's own words in
 * parentheses where there are any. Holds bytes of file names as they are. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_error_message(void);

/** The file or directory, as far as it is known by name, else "". Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_error_object(void);

/** What the kernel left in info/last_cmd_status for the failed call, without its last newline, or "".
 * A hint only: any other user of resctrl may have overwritten it before it could be read, and its
 * text is not stable. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_error_kernel_text(void);

/** What a person can do about it, for example which capability the process lacks (found with
 * libcap), or "". Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_error_advice(void);

/** @} */

/** @name Mounts
 * Where resctrl is mounted, by libmount from the calling process's mountinfo. There is at most one
 * resctrl filesystem at a time in the whole system; it can be seen at several places by bind mounts
 * of its root or of a directory in it, and not at all in some mount namespaces.
 * @{ */

/** An immutable list of mount points of resctrl. */
struct rdtgrp_mounts;

/** How the system stands with regard to resctrl. */
enum rdtgrp_mount_state {
	/** The root of resctrl is mounted where the caller can see it. */
	RDTGRP_MOUNT_MOUNTED = 0,
	/** Only directories below the root are seen here, by bind mounts; or nothing that can be used:
	 * something else is mounted over it, or what is bound here has been removed. */
	RDTGRP_MOUNT_PARTIAL = 1,
	/** Not mounted in this mount namespace, but in that of process 1. Told only where the caller
	 * may read /proc/1/mountinfo. */
	RDTGRP_MOUNT_ELSEWHERE = 2,
	/** The kernel has it; it is not mounted, as far as the caller can see. */
	RDTGRP_MOUNT_NOT_MOUNTED = 3,
	/** The CPU says that it has monitoring or allocation, the kernel does not offer the filesystem:
	 * built without it (CONFIG_X86_CPU_RESCTRL, CONFIG_ARM64_MPAM_DRIVER) or switched off (rdt=). */
	RDTGRP_MOUNT_NO_KERNEL = 4,
	/** Neither the kernel offers the filesystem nor does /proc/cpuinfo name a feature for it. On
	 * Arm, where cpuinfo names none, also for a kernel without support. */
	RDTGRP_MOUNT_NO_CPU = 5,
};

/** Options of a mounted resctrl, as bits (fs/resctrl/rdtgroup.c, rdtgroup_show_options). A remount
 * accepts options and changes nothing. */
enum rdtgrp_mount_option {
	RDTGRP_MOUNT_CDP = 1 << 0,   /**< cdp: code and data prioritisation of L3 */
	RDTGRP_MOUNT_CDPL2 = 1 << 1, /**< cdpl2: the same for L2 */
	RDTGRP_MOUNT_MBPS = 1 << 2,  /**< mba_MBps: MB limits in MiB/s, steered by software */
	RDTGRP_MOUNT_DEBUG = 1 << 3, /**< debug: files mon_hw_id and ctrl_hw_id */
};

/**
 * Look for resctrl in the calling process's mount namespace.
 *
 * "Not mounted" is a state, not a failure.
 * @return 0; -EACCES, -ENOENT or another errno of reading /proc/self/mountinfo,
 * /proc/filesystems or /proc/cpuinfo;
 * -EINVAL: the mountinfo file cannot be parsed.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_mounts_read(struct rdtgrp_mounts **ret_mounts);
RDTGRP_EXPORT struct rdtgrp_mounts *rdtgrp_mounts_ref(struct rdtgrp_mounts *mounts);
RDTGRP_EXPORT struct rdtgrp_mounts *rdtgrp_mounts_unref(struct rdtgrp_mounts *mounts);
RDTGRP_EXPORT void rdtgrp_mounts_unrefp(struct rdtgrp_mounts **mounts);

/** The state, and what a person can do about it ("" if all is well). Since: 0.1 */
RDTGRP_EXPORT enum rdtgrp_mount_state rdtgrp_mounts_get_state(const struct rdtgrp_mounts *mounts);
RDTGRP_EXPORT const char *rdtgrp_mounts_get_advice(const struct rdtgrp_mounts *mounts);

/** The number of mount points; mounts of the root come first, otherwise in mountinfo's order.
 * Since: 0.1 */
RDTGRP_EXPORT size_t rdtgrp_mounts_count(const struct rdtgrp_mounts *mounts);

/** The mount point's path, borrowed, or NULL if index is too large. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_mounts_get_path(const struct rdtgrp_mounts *mounts, size_t index);

/** What of resctrl is mounted there: "/" or the path of a directory in it (borrowed), or NULL if
 * index is too large. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_mounts_get_root(const struct rdtgrp_mounts *mounts, size_t index);

/** The filesystem's options as text, as in mountinfo (borrowed), and as bits of enum
 * rdtgrp_mount_option; NULL and 0 if index is too large. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_mounts_get_options_text(const struct rdtgrp_mounts *mounts,
							 size_t index);
RDTGRP_EXPORT unsigned int rdtgrp_mounts_get_options(const struct rdtgrp_mounts *mounts,
						     size_t index);

/** @} */

/** @name Groups
 * A handle for one group: a CTRL_MON group (the default group, which is the root directory, is one)
 * or a MON group. It holds one directory file descriptor of its own and never follows a name to
 * another group: once its group is removed it is dead for ever, also when a group of the same name is
 * made again. A rename leaves it alive.
 *
 * While a handle is held the filesystem cannot be unmounted (EBUSY); after a lazy unmount the handle
 * goes on working, and a new mount is EBUSY, until the last handle is closed.
 * @{ */

struct rdtgrp;

/** The type of a group. */
enum rdtgrp_type {
	RDTGRP_TYPE_CTRL_MON = 1, /**< allocation and monitoring; the default group, too */
	RDTGRP_TYPE_MON = 2,	  /**< monitoring only, below a CTRL_MON group */
};

/** The mode of a CTRL_MON group (file mode; fs/resctrl/rdtgroup.c, rdt_mode_str). */
enum rdtgrp_mode {
	RDTGRP_MODE_UNKNOWN =
		0, /**< a word that this version does not know, or not to be found out */
	RDTGRP_MODE_SHAREABLE = 1,
	RDTGRP_MODE_EXCLUSIVE = 2,
	RDTGRP_MODE_PSEUDO_LOCKSETUP = 3,
	RDTGRP_MODE_PSEUDO_LOCKED = 4,
};

/** Flags for opening. */
enum rdtgrp_open_flags {
	/** Accept a directory that is not on resctrl but has its shape: a simulator (rdtsim) or a
	 * captured tree. Never the default, never by an environment variable. */
	RDTGRP_OPEN_ANY_FS = 1 << 0,
};

/**
 * Make a handle from a file descriptor of a group's directory.
 *
 * @param fd any open fd of the directory, O_PATH included. It stays the caller's and the handle does
 * not depend on it.
 * @param flags 0 or RDTGRP_OPEN_ANY_FS.
 * @param ret_group a new reference.
 *
 * A group is recognised by what only groups have: a regular file `tasks`. Its pseudo-locking mode is
 * checked here once; a CTRL_MON group can enter pseudo-locksetup later, and its mon_data then go on
 * showing counts that may be another group's (see rdtgrp_read_mode()). Where the parent of a MON group
 * cannot be reached (only the MON group itself is bind-mounted; the caller may not search the
 * directories above), that check is left out.
 *
 * @return 0, or
 * -EBADF: fd is not open; not on resctrl; no directory; a directory that is no group (info and all
 * below it, mon_data, a domain's directory, mon_groups);
 * -EINVAL: the group, or a MON group's parent, is in mode pseudo-locksetup or pseudo-locked; unknown
 * flags;
 * -ENOENT: the group has been removed, even if there is a new one of the same name;
 * -EACCES: the caller may not open the directory or look into it.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_get_from_fd(int fd, unsigned int flags, struct rdtgrp **ret_group);

/**
 * Make a handle from a path. The path is resolved once, as open(2) does (symbolic links followed).
 * @return as rdtgrp_get_from_fd(), and in addition -ENOENT: no such path; -ENOTDIR: a file, or a file
 * on the way; -ELOOP, -ENAMETOOLONG: as open(2); -EINVAL: path is NULL or empty.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_open(const char *path, unsigned int flags, struct rdtgrp **ret_group);

/** The same with a path relative to dirfd (AT_FDCWD for the working directory).
 * @return as rdtgrp_open(), and -EBADF also: dirfd is not open. Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_openat(int dirfd, const char *path, unsigned int flags,
				struct rdtgrp **ret_group);

/**
 * Open the default group of the system's resctrl, wherever it is mounted.
 * @return as rdtgrp_get_from_fd(), and -ENOENT: resctrl's root is not mounted in this mount namespace;
 * -EOPNOTSUPP: neither kernel nor CPU offer resctrl; or an errno of rdtgrp_mounts_read(). The error
 * record's advice says what can be done.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_open_default(unsigned int flags, struct rdtgrp **ret_group);

/** One more reference. Since: 0.1 */
RDTGRP_EXPORT struct rdtgrp *rdtgrp_ref(struct rdtgrp *group);
/** One reference less; the last one closes the handle's fd. errno is kept. Since: 0.1 */
RDTGRP_EXPORT struct rdtgrp *rdtgrp_unref(struct rdtgrp *group);
RDTGRP_EXPORT void rdtgrp_unrefp(struct rdtgrp **group);

/**
 * One more reference if the group still exists.
 * @return 0 and in ret_group the same handle; -ENOENT: the group has been removed; other errnos of
 * faccessat(2) where it cannot be told.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_tryget_live(struct rdtgrp *group, struct rdtgrp **ret_group);

/** Does the group still exist? @return 1, 0, or a negative errno where it cannot be told, such as
 * -EACCES. Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_is_live(const struct rdtgrp *group);

/** The type, which never changes. Since: 0.1 */
RDTGRP_EXPORT enum rdtgrp_type rdtgrp_get_type(const struct rdtgrp *group);

/** True for the default group, the root of resctrl. Since: 0.1 */
RDTGRP_EXPORT bool rdtgrp_is_default(const struct rdtgrp *group);

/**
 * The last component of the group's name at the time of opening, borrowed: "/" for the default group,
 * NULL where it could not be found out (a bind mount of the group alone, or a parent that may not be
 * listed). A MON group can be renamed later. Since: 0.1
 */
RDTGRP_EXPORT const char *rdtgrp_get_name(const struct rdtgrp *group);

/** The handle's own directory fd (O_RDONLY), borrowed: valid while a reference is held, not to be
 * closed. For openat(2) and the like; its offset must not be moved. Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_get_fd(const struct rdtgrp *group);

/**
 * What identifies a group: the filesystem id of the mount (f_fsid of statfs(2), random at each mount;
 * for RDTGRP_OPEN_ANY_FS trees without one, st_dev) and the inode number of the group's directory,
 * which is not used again while that mount lasts (kernfs). Either pointer may be NULL.
 * Since: 0.1
 */
RDTGRP_EXPORT void rdtgrp_get_identity(const struct rdtgrp *group, uint64_t *ret_fsid,
				       uint64_t *ret_inode);

/** Order two handles by identity: less than, equal to or greater than 0. 0 means the same group.
 * Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_compare(const struct rdtgrp *a, const struct rdtgrp *b);

/**
 * Read the mode now; of a MON group that of its parent. RDTGRP_MODE_SHAREABLE for kernels without the
 * file (before 4.19, which have no other mode).
 *
 * In pseudo-locksetup and pseudo-locked the group's RMID is freed while its mon_data stay readable:
 * the values are not the group's (fs/resctrl/pseudo_lock.c, rdtgroup_locksetup_enter).
 *
 * @return 0, with RDTGRP_MODE_UNKNOWN also where a MON group's parent cannot be reached; -ENOENT: the
 * group is gone; -EACCES: not permitted; -EIO and others: errno of reading.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_read_mode(const struct rdtgrp *group, enum rdtgrp_mode *ret_mode);

/**
 * Open the parent: of a MON group its CTRL_MON group, of a CTRL_MON group the default group.
 * @return 0; -ENXIO: the default group has none; -EXDEV: the parent lies outside the bind mount;
 * otherwise as rdtgrp_get_from_fd().
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_open_parent(const struct rdtgrp *group, struct rdtgrp **ret_parent);

/** The kernel's words for a mode ("shareable", …) and a type ("CTRL_MON", "MON"); "unknown" for
 * others. Static. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_mode_name(enum rdtgrp_mode mode);
RDTGRP_EXPORT const char *rdtgrp_type_name(enum rdtgrp_type type);

/** @} */

/** @name Events
 * What is known of events by name (fs/resctrl/monitor.c, mon_event_all). Events with other names are
 * read as well; of them kind and unit are unknown.
 * @{ */

enum rdtgrp_event_kind {
	RDTGRP_EVENT_UNKNOWN = 0,
	RDTGRP_EVENT_GAUGE = 1,	     /**< a state; it is never differenced (llc_occupancy) */
	RDTGRP_EVENT_CUMULATIVE = 2, /**< it grows; differences and rates make sense */
};

/** The kind of an event. Since: 0.1 */
RDTGRP_EXPORT enum rdtgrp_event_kind rdtgrp_event_get_kind(const char *event);

/** The unit: "bytes", "joules", "farads" (activity, an estimate of work), "count", or "" if unknown.
 * Static. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_event_get_unit(const char *event);

/** @} */

/** @name Layout
 * What a group's mon_data directory holds: domains and, in each, events. A snapshot: domains come and
 * go with the first and last CPU of theirs that is online, in all groups at once and without an
 * inotify event.
 *
 * A domain is a directory mon_<RESOURCE>_<id>, directly in mon_data or, with Intel Sub-NUMA
 * Clustering, one level below (mon_L3_00/mon_sub_L3_01); the outer one then shows sums over its
 * inner ones. Domains are sorted by resource, then id; a domain stands before those in it.
 * Directories with names of any other form are listed too, without an id.
 * @{ */

/** An immutable snapshot; it does not keep the group alive. */
struct rdtgrp_layout;

/** One domain; owned by its layout and valid as long as that. */
struct rdtgrp_domain;

/**
 * Read the layout.
 * @return 0, also with no domain at all; -ENOENT: the group is gone; -ENODATA: the group has no
 * mon_data, since the CPU cannot monitor; -EACCES: not permitted.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_layout_read(const struct rdtgrp *group, struct rdtgrp_layout **ret_layout);
RDTGRP_EXPORT struct rdtgrp_layout *rdtgrp_layout_ref(struct rdtgrp_layout *layout);
RDTGRP_EXPORT struct rdtgrp_layout *rdtgrp_layout_unref(struct rdtgrp_layout *layout);
RDTGRP_EXPORT void rdtgrp_layout_unrefp(struct rdtgrp_layout **layout);

/** The number of domains, nested ones included. Since: 0.1 */
RDTGRP_EXPORT size_t rdtgrp_layout_count_domains(const struct rdtgrp_layout *layout);

/** A domain, or NULL if index is too large. Since: 0.1 */
RDTGRP_EXPORT const struct rdtgrp_domain *
rdtgrp_layout_get_domain(const struct rdtgrp_layout *layout, size_t index);

/** The domain whose path is `path` ("mon_L3_00", "mon_L3_00/mon_sub_L3_01"), or NULL. Since: 0.1 */
RDTGRP_EXPORT const struct rdtgrp_domain *
rdtgrp_layout_find_domain(const struct rdtgrp_layout *layout, const char *path);

/** The path below mon_data. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_domain_get_path(const struct rdtgrp_domain *domain);

/** The resource: "L3", "PERF_PKG", or what else stands between mon_ (mon_sub_) and the id; the whole
 * directory name if it is of another form. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_domain_get_resource(const struct rdtgrp_domain *domain);

/** The id: for L3 the cache's id, for PERF_PKG the package's, for a nested domain the NUMA node's.
 * Any number up to 2^64-1. @return true, or false (ret_id untouched) if the name has none.
 * Since: 0.1 */
RDTGRP_EXPORT bool rdtgrp_domain_get_id(const struct rdtgrp_domain *domain, uint64_t *ret_id);

/** The domain that this one lies in and whose values include its own, or NULL. Since: 0.1 */
RDTGRP_EXPORT const struct rdtgrp_domain *
rdtgrp_domain_get_parent(const struct rdtgrp_domain *domain);

/** 0, or the negative errno for which the domain's events could not be listed: -EACCES. Then it is
 * shown with none. Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_domain_get_error(const struct rdtgrp_domain *domain);

/** The number of events, and the name of one (sorted; NULL if index is too large). Since: 0.1 */
RDTGRP_EXPORT size_t rdtgrp_domain_count_events(const struct rdtgrp_domain *domain);
RDTGRP_EXPORT const char *rdtgrp_domain_get_event(const struct rdtgrp_domain *domain, size_t index);

/** @} */

/** @name Values
 * @{ */

/** What became of reading a value. Only RDTGRP_STATUS_OK comes with a number. */
enum rdtgrp_status {
	/** There is no value: all-zero memory is not a good value. */
	RDTGRP_STATUS_NONE = 0,
	RDTGRP_STATUS_OK = 1,
	/** The kernel's word Unavailable: the hardware has no count for this RMID now. */
	RDTGRP_STATUS_UNAVAILABLE = 2,
	/** The kernel's word Error: the hardware refused. */
	RDTGRP_STATUS_ERROR = 3,
	/** The kernel's word Unassigned: no hardware counter is assigned (AMD ABMC, Arm). */
	RDTGRP_STATUS_UNASSIGNED = 4,
	/** The domain's last CPU went offline (or it was never there). */
	RDTGRP_STATUS_OFFLINE = 5,
	/** The group has been removed. */
	RDTGRP_STATUS_GONE = 6,
	/** Not permitted to open the file. */
	RDTGRP_STATUS_DENIED = 7,
	/** The file holds something that is no value: nothing, garbage, a number over 2^64-1. */
	RDTGRP_STATUS_MALFORMED = 8,
	/** Opening or reading failed otherwise; `error` says how. */
	RDTGRP_STATUS_FAILED = 9,
	/** The group's mode is pseudo-locksetup or pseudo-locked, or was written to since the last
	 * reading: the file may hold another group's count. Only rdtgrp_reader_read() gives this. */
	RDTGRP_STATUS_PSEUDO_LOCKED = 10,
};

/**
 * One value: integer + fraction / 10^decimals, in the event's unit.
 *
 * Callers allocate it, singly or in arrays; its size and layout stay as they are within a soname.
 * All of it is set on success of the function that fills it. On Arm a monitor that is not ready is
 * shown by the kernel as a plain 0 (fs/resctrl/ctrlmondata.c, rdtgroup_mondata_show), which cannot be
 * told from a true one.
 */
struct rdtgrp_value {
	/** enum rdtgrp_status */
	uint32_t status;
	/** Digits behind the point, 0 to 18. 0 for integer events. */
	uint32_t decimals;
	/** The number before the point. 0 unless status is OK. */
	uint64_t integer;
	/** The digits behind the point as a number, 0 to 10^decimals - 1. */
	uint64_t fraction;
	/** CLOCK_MONOTONIC right after the read, in nanoseconds; also of reads that gave no number. */
	uint64_t time_ns;
	/** Inode number of the file that was read, or 0. A domain that went offline and came back has
	 * new files with new inodes, and counts from 0. */
	uint64_t file_inode;
	/** 0, or the negative errno behind OFFLINE, GONE, DENIED and FAILED. */
	int32_t error;
	/** Changes between two readings of a reader when their difference means nothing, though it is the
	 * same file: MON groups joined or left a CTRL_MON group, or a part of a sum, whose value the
	 * reader has, too, could no longer be read, or could again. 0 where no reader has read it. */
	uint32_t epoch;
};

/** The status in words: "ok", "unavailable", … Static. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_status_name(enum rdtgrp_status status);

/** The value as floating point, or NaN unless status is OK. Exact below 2^53. Since: 0.1 */
RDTGRP_EXPORT double rdtgrp_value_to_double(const struct rdtgrp_value *value);

/**
 * Read one value once: open, read, close.
 *
 * A CTRL_MON group's value is the group's own plus those of all its MON groups, added by the kernel:
 * nobody adds children to it. Members that cannot be read are left out of it without a trace
 * (fs/resctrl/monitor.c, mon_event_count); rdtgrp_breakdown_read() tells.
 *
 * @param domain a path below mon_data, such as "mon_L3_00" or "mon_L3_00/mon_sub_L3_01".
 * @param event a file in it, such as "llc_occupancy".
 *
 * @return 0: ret_value is set, its status says what was found;
 * -ENOENT: the group lives and has that domain, but no such event in it;
 * -EINVAL: domain or event is NULL or no name: a name is not empty, not "." or "..", and has no '/' and
 * no newline. A domain's path is such names with a '/' between each two; with the event it is shorter
 * than PATH_MAX (4096 bytes).
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_read_value(const struct rdtgrp *group, const char *domain,
				    const char *event, struct rdtgrp_value *ret_value);

/**
 * The rate between two readings of the same value.
 *
 * @param event the event's name; the values must be its.
 * @param ret_per_sec the event's unit per second, never negative.
 *
 * This looks at the two values alone. That a CTRL_MON group's set of MON groups changed in between,
 * which makes the difference void, is told by the epoch of values from a reader; with others it is the
 * caller's to find: see rdtgrp_tree_same_children().
 *
 * @return 0, or
 * -EINVAL: the event is a gauge;
 * -ENODATA: one of them is not OK;
 * -ESTALE: they are of different files (the domain or the group is a new one), or of different epochs
 * (the sum has won or lost a part);
 * -ERANGE: the count went backwards: it restarted, or a member left;
 * -ETIME: no time passed between them.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_value_rate(const char *event, const struct rdtgrp_value *older,
				    const struct rdtgrp_value *newer, double *ret_per_sec);

/** @} */

/** @name Counter
 * For exporters: a count that only grows, whatever the kernel's does. That one drops when a MON group
 * leaves the sum of its CTRL_MON group, restarts when a domain comes back or a counter is assigned anew,
 * and jumps when a member that could not be read can be again.
 * @{ */

/**
 * A count made of the values of one event in one domain of one group. Memory that is all zero is a new
 * one.
 *
 * Callers allocate it, mostly in an array beside that of the values, as they do these: its size and
 * layout stay as they are within a soname, `reserved` is what it has left to grow.
 */
struct rdtgrp_counter {
	/** The count since the first value: integer + fraction / 10^decimals, in the event's unit. */
	uint64_t integer;
	uint64_t fraction;
	/** How often the kernel's count had to be taken anew. What it counted between the two values around
	 * that is missing here. */
	uint64_t resets;
	uint32_t decimals;
	/** The rest is the library's own. */
	uint32_t state;
	uint32_t last_epoch;
	uint32_t reserved_32;
	uint64_t last_integer;
	uint64_t last_fraction;
	uint64_t last_inode;
	uint64_t last_time_ns;
	uint64_t peak_integer;
	uint64_t peak_fraction;
	uint64_t depth_integer;
	uint64_t depth_fraction;
	uint64_t reserved[4];
};

/**
 * Count the next value: what it is more than the one before. Every value belongs here, also those
 * without a number, since they tell what the next number is worth.
 *
 * The count goes on where two numbers are of the same file and epoch, also with values in between that
 * could not be read (NONE, DENIED, MALFORMED, FAILED). It is taken anew, with nothing counted, where
 * - it is the first number after the kernel said Unavailable, Error or Unassigned, and after OFFLINE,
 *   GONE or PSEUDO_LOCKED;
 * - the number is of another file or epoch: the domain or the group is a new one, the sum has won or lost
 *   a part (only values of a reader tell this);
 * - the number is less than the one before;
 * - the event's unit is bytes and they are more than 2^44 per second, which no memory moves.
 *
 * A number that is less, with no reason to be seen, may lack a member of the group that the kernel could
 * not read, and whose whole count comes back later. So a rise in one interval by as much as the fall was
 * is not counted, once, or until the number is what it was before. What a sum alone cannot tell: of a
 * member that could not be read when the count was taken anew, or that has counted less than the others
 * do in one interval, the return counts as a whole. It is told where the reader has the values of the MON
 * groups, too (and with Sub-NUMA Clustering those of the nodes): then nothing of a member's return is
 * counted. Only a group's own part of its sum has no value that would tell.
 *
 * Not thread-safe with the same counter.
 * @return 0;
 * -EINVAL: the event is a gauge;
 * -ETIME: the value is not later than the one before.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_counter_add(struct rdtgrp_counter *counter, const char *event,
				     const struct rdtgrp_value *value);

/** The count as floating point; exact below 2^53. Not thread-safe with rdtgrp_counter_add().
 * Since: 0.1 */
RDTGRP_EXPORT double rdtgrp_counter_to_double(const struct rdtgrp_counter *counter);

/** @} */

/** @name Snapshot
 * All values of a group, read one after the other: even the values of one domain are not of one
 * instant, and each has its own time.
 * @{ */

/** Immutable; holds its layout, not the group. */
struct rdtgrp_snapshot;

/**
 * Read all values of a group.
 * @param layout the group's layout, from which the values are chosen, or NULL to read it afresh.
 * @return 0: every value has its own status, also when the group is gone by now; with layout NULL as
 * rdtgrp_layout_read().
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_snapshot_read(const struct rdtgrp *group, struct rdtgrp_layout *layout,
				       struct rdtgrp_snapshot **ret_snapshot);
RDTGRP_EXPORT struct rdtgrp_snapshot *rdtgrp_snapshot_ref(struct rdtgrp_snapshot *snapshot);
RDTGRP_EXPORT struct rdtgrp_snapshot *rdtgrp_snapshot_unref(struct rdtgrp_snapshot *snapshot);
RDTGRP_EXPORT void rdtgrp_snapshot_unrefp(struct rdtgrp_snapshot **snapshot);

/** The layout, borrowed. Since: 0.1 */
RDTGRP_EXPORT struct rdtgrp_layout *
rdtgrp_snapshot_get_layout(const struct rdtgrp_snapshot *snapshot);

/** The value of the layout's domain and of that domain's event, borrowed; NULL if an index is too
 * large. Since: 0.1 */
RDTGRP_EXPORT const struct rdtgrp_value *
rdtgrp_snapshot_get_value(const struct rdtgrp_snapshot *snapshot, size_t domain_index,
			  size_t event_index);

/** @} */

/** @name Reader
 * For those who read the same values again and again: the values are chosen once, their files stay
 * open, and a reading allocates nothing and makes one system call per value, plus one. With a kernel
 * that has a perf PMU for resctrl it is one system call per group and domain.
 *
 * A reader is for one thread at a time. Different readers are independent, also of the same groups.
 * It holds a reference to each of its groups and an fd per value, so that resctrl cannot be unmounted
 * meanwhile, and, for all of its groups together, an inotify instance where it can get one.
 * @{ */

/** A plan of values, and their open files. */
struct rdtgrp_reader;

/** Flags for making a reader. */
enum rdtgrp_reader_flags {
	/** Read the values domain by domain, each on a CPU of its domain, by changing the CPU affinity
	 * of the thread that calls rdtgrp_reader_read() and putting it back at the end. The kernel does
	 * all reading of a domain on one CPU of it, its first that is not in nohz_full, and from
	 * elsewhere it takes several times as long (fs/resctrl/ctrlmondata.c, mon_event_read). That CPU
	 * is found in sysfs: for L3 domains by their cache, for nested ones by their NUMA node. Other
	 * domains, such as PERF_PKG, are read from anywhere. */
	RDTGRP_READER_ON_DOMAIN_CPUS = 1 << 0,
	/** Read files only. */
	RDTGRP_READER_FS = 1 << 1,
	/** Fail to make a reader where the kernel has no PMU for resctrl. With neither this nor
	 * RDTGRP_READER_FS the PMU is used where there is one. */
	RDTGRP_READER_PMU = 1 << 2,
};

/**
 * Make a reader without values.
 *
 * Where the kernel has a perf PMU "resctrl" (/sys/bus/event_source/devices/resctrl) the values are read
 * by its events: all of a group in a domain by one system call, and without the kernel's global mutex.
 * They are the files' values. A value for which there is no event is read from its file, as without the
 * PMU: see rdtgrp_reader_get_source().
 *
 * @param flags 0 or an or of enum rdtgrp_reader_flags.
 * @return 0; -EINVAL: unknown flags, or both RDTGRP_READER_FS and RDTGRP_READER_PMU; with
 * RDTGRP_READER_PMU: -ENOENT: the kernel has no PMU; -EPROTO: its PMU is of a form not known here.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_reader_new(unsigned int flags, struct rdtgrp_reader **ret_reader);
RDTGRP_EXPORT struct rdtgrp_reader *rdtgrp_reader_ref(struct rdtgrp_reader *reader);
RDTGRP_EXPORT struct rdtgrp_reader *rdtgrp_reader_unref(struct rdtgrp_reader *reader);
RDTGRP_EXPORT void rdtgrp_reader_unrefp(struct rdtgrp_reader **reader);

/**
 * Add values of a group. Each gets an index, which is its own until it is removed. A value that the
 * reader has already, also by another handle of the same group, is not added again.
 *
 * @param domain a path below mon_data, or NULL for all domains there are; rdtgrp_reader_update() adds
 * those that come later.
 * @param event a file in it, or NULL for all events.
 *
 * A domain that is offline can be added with an event's name. Where no fd is left the value is added
 * all the same: see rdtgrp_reader_count_not_held().
 *
 * Not thread-safe.
 * @return 0, or with nothing added
 * -ENOENT: the group is gone; it has the domain, but no such event in it; with event NULL, it has no
 * such domain; with domain NULL, no domain has the event;
 * -EINVAL: domain or event is no name, as for rdtgrp_read_value(), but for NULL;
 * -ENODATA: the group has no mon_data, since the CPU cannot monitor (where a parameter is NULL);
 * -EACCES: mon_data may not be listed (where a parameter is NULL).
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_reader_add(struct rdtgrp_reader *reader, struct rdtgrp *group,
				    const char *domain, const char *event);

/**
 * Remove all values of a group. Their indices are free then: a free one reads as RDTGRP_STATUS_NONE,
 * and values added later get the free ones first. Not thread-safe.
 * @return 0; -ENOENT: the reader has none.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_reader_remove(struct rdtgrp_reader *reader, const struct rdtgrp *group);

/**
 * Look for new domains of the groups that were added with all of them; where fds had run out, try again
 * to hold files open; try again to follow the groups that rdtgrp_reader_count_unwatched() counts. Not
 * thread-safe.
 * @return the number of values added, at least 0; -EACCES: mon_data may not be listed any more.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_reader_update(struct rdtgrp_reader *reader);

/** The number of indices, free ones included: the length that rdtgrp_reader_read() needs. It never
 * shrinks. Not thread-safe. Since: 0.1 */
RDTGRP_EXPORT size_t rdtgrp_reader_count(const struct rdtgrp_reader *reader);

/** The group, domain and event at an index, borrowed until the group is removed from the reader; NULL
 * if the index is free or too large. Not thread-safe. Since: 0.1 */
RDTGRP_EXPORT struct rdtgrp *rdtgrp_reader_get_group(const struct rdtgrp_reader *reader,
						     size_t index);
RDTGRP_EXPORT const char *rdtgrp_reader_get_domain(const struct rdtgrp_reader *reader,
						   size_t index);
RDTGRP_EXPORT const char *rdtgrp_reader_get_event(const struct rdtgrp_reader *reader, size_t index);

/** The index of a value, or -1 if the reader does not have it. Not thread-safe. Since: 0.1 */
RDTGRP_EXPORT ssize_t rdtgrp_reader_find(const struct rdtgrp_reader *reader,
					 const struct rdtgrp *group, const char *domain,
					 const char *event);

/**
 * Read all values.
 *
 * @param values an array, filled by index; what is beyond the last index becomes RDTGRP_STATUS_NONE.
 * @param count its length, at least rdtgrp_reader_count().
 *
 * A removed group's values are GONE for ever, and their files are closed. An offline domain's are
 * OFFLINE; they are tried anew at each reading, by one openat(2) each, and come back by themselves with
 * a new file_inode. A group in pseudo-locksetup or pseudo-locked is not read: PSEUDO_LOCKED. So are,
 * once, values of a group whose mode was written to since the last reading, for it may have been
 * pseudo-locked meanwhile.
 *
 * A CTRL_MON group's values get another epoch when MON groups left or joined it. So does a sum when the
 * kernel cannot read a part of it any more, or can again (Unavailable, Error, Unassigned), for two
 * readings, if the reader has the part's value, too: a MON group's in the same domain, with Sub-NUMA
 * Clustering also a node's. Mode and MON groups
 * are followed by inotify, with one read(2) after the values. Groups for which that cannot be had, see
 * rdtgrp_reader_count_unwatched(), are looked at anew by some further system calls each; there a mode
 * that is changed and changed back between two readings goes unnoticed.
 *
 * Not thread-safe. All readers of resctrl in the system wait for one another in the kernel.
 * @return 0: every value has its own status; -EINVAL: the array is too small, nothing was read.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_reader_read(struct rdtgrp_reader *reader, struct rdtgrp_value *values,
				     size_t count);

/**
 * The number of values without a file of their own, since the process had no fd left: they are opened,
 * read and closed at each reading. When that happens the reader gives some fds back, so that the
 * process can go on opening files, and logs a warning. It never raises a limit; who did so calls
 * rdtgrp_reader_update(). Not thread-safe. Since: 0.1
 */
RDTGRP_EXPORT size_t rdtgrp_reader_count_not_held(const struct rdtgrp_reader *reader);

/**
 * How many values the last reading could not read on a CPU of their domain, though it was to
 * (RDTGRP_READER_ON_DOMAIN_CPUS) and they have one that matters: sysfs does not know the domain, or the
 * thread may not run there (cpuset). They were read from where the thread was. After a change of CPUs
 * rdtgrp_reader_update() looks for them anew. 0 without that flag. Not thread-safe. Since: 0.1
 */
RDTGRP_EXPORT size_t rdtgrp_reader_count_elsewhere(const struct rdtgrp_reader *reader);

/** The number of groups whose mode and MON groups are not followed by inotify: no instance or watch
 * could be had (no fd left, fs.inotify in sysctl), or a MON group's parent is out of reach.
 * rdtgrp_reader_update() tries again. Not thread-safe. Since: 0.1 */
RDTGRP_EXPORT size_t rdtgrp_reader_count_unwatched(const struct rdtgrp_reader *reader);

/** What a reader reads a value from. */
enum rdtgrp_source {
	/** The index is free or too large. */
	RDTGRP_SOURCE_NONE = 0,
	/** Its file in mon_data. */
	RDTGRP_SOURCE_FILE = 1,
	/** An event of the PMU. While the event has no value, the file is read too and tells why. */
	RDTGRP_SOURCE_PMU = 2,
};

/** The source in words: "none", "file", "pmu". Static. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_source_name(enum rdtgrp_source source);

/**
 * What the value at an index is read from.
 *
 * @param ret_error why it is not the PMU: 0 if it is, if the index is free, or with RDTGRP_READER_FS;
 * -ENOENT: the kernel has no PMU for resctrl; -EPROTO: its PMU is of a form not known here;
 * -EOPNOTSUPP: the PMU has no such event, or none in such domains;
 * -EACCES: perf events of CPUs are not permitted (kernel.perf_event_paranoid, CAP_PERFMON), or the
 * domain's directory may not be listed: it may then be one of sums of nodes, which have no events;
 * -EMFILE: no fd was left; -ENODEV: no CPU of the domain was found; -EIO: the event has no value where
 * the file has one; -EAGAIN: it is tried when the file can be read next; or what else
 * perf_event_open(2) or a reading of the directory says. All but -EAGAIN stay until
 * rdtgrp_reader_update().
 *
 * Not thread-safe. Since: 0.1
 */
RDTGRP_EXPORT enum rdtgrp_source rdtgrp_reader_get_source(const struct rdtgrp_reader *reader,
							  size_t index, int *ret_error);

/** @} */

/** @name Breakdown
 * A CTRL_MON group's value taken apart: total (the kernel's own sum), each MON group, and own = total
 * minus the MON groups, which the kernel shows nowhere. The reads are not atomic: traffic between them
 * is counted to own.
 * @{ */

/** Immutable. */
struct rdtgrp_breakdown;

/** Does the total hold all members? */
enum rdtgrp_completeness {
	/** All members are in it. */
	RDTGRP_COMPLETE = 1,
	/** At least one MON group cannot be read, so the kernel left it out of the total; or the total
	 * itself has no number. */
	RDTGRP_PARTIAL = 2,
	/** The MON groups can be read, but own comes to nothing more than what the reads may differ by:
	 * an idle group looks exactly like one whose own counter cannot be read and was left out. */
	RDTGRP_UNCERTAIN = 3,
};

/**
 * Read and take apart one value of a CTRL_MON group.
 *
 * Parameters as for rdtgrp_read_value(). It starts afresh, a few times, when the set of MON groups
 * changes meanwhile.
 * @return 0: the statuses of total, own and MON groups say what was found;
 * -ENOTSUP: a MON group has nothing to take apart;
 * -EAGAIN: the set of MON groups did not hold still;
 * -ENOENT: the group is gone (there is nothing to take apart, so this is no status here), or it has
 * that domain but no such event in it;
 * -ENODATA: the group has no mon_groups, since the CPU cannot monitor;
 * -EINVAL: domain or event is no name, as for rdtgrp_read_value();
 * -EACCES: the MON groups may not be listed.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_breakdown_read(const struct rdtgrp *group, const char *domain,
					const char *event, struct rdtgrp_breakdown **ret_breakdown);
RDTGRP_EXPORT struct rdtgrp_breakdown *rdtgrp_breakdown_ref(struct rdtgrp_breakdown *breakdown);
RDTGRP_EXPORT struct rdtgrp_breakdown *rdtgrp_breakdown_unref(struct rdtgrp_breakdown *breakdown);
RDTGRP_EXPORT void rdtgrp_breakdown_unrefp(struct rdtgrp_breakdown **breakdown);

/** The kernel's sum. Borrowed, as all below. Since: 0.1 */
RDTGRP_EXPORT const struct rdtgrp_value *
rdtgrp_breakdown_get_total(const struct rdtgrp_breakdown *breakdown);

/** What is left for the group itself. Its status is the total's if that is not OK; FAILED with -EAGAIN
 * if the MON groups came to more than the total (a gauge moved, a counter restarted). Since: 0.1 */
RDTGRP_EXPORT const struct rdtgrp_value *
rdtgrp_breakdown_get_own(const struct rdtgrp_breakdown *breakdown);

/** Whether the total holds all members. Since: 0.1 */
RDTGRP_EXPORT enum rdtgrp_completeness
rdtgrp_breakdown_get_completeness(const struct rdtgrp_breakdown *breakdown);

/** The MON groups: their number, name and value; NULL if index is too large. Since: 0.1 */
RDTGRP_EXPORT size_t rdtgrp_breakdown_count_children(const struct rdtgrp_breakdown *breakdown);
RDTGRP_EXPORT const char *rdtgrp_breakdown_get_child_name(const struct rdtgrp_breakdown *breakdown,
							  size_t index);
RDTGRP_EXPORT const struct rdtgrp_value *
rdtgrp_breakdown_get_child(const struct rdtgrp_breakdown *breakdown, size_t index);

/** @} */

/** @name Tree
 * All groups, or those below one, at one time. Discovery opens no group and keeps one fd, whatever
 * their number.
 * @{ */

/** Immutable; holds a reference to the group it was read from. */
struct rdtgrp_tree;

/**
 * List a group and those below it: of the default group all groups, of another CTRL_MON group it and
 * its MON groups, of a MON group itself alone.
 *
 * Groups are sorted by name in byte order; the first one is the group itself, and MON groups follow
 * their CTRL_MON group. Groups made or removed meanwhile may be in the list or not. Pseudo-locked
 * groups are listed, though they cannot be opened.
 *
 * @return 0; -ENOENT: the group is gone; -EACCES: it may not be listed.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_tree_read(struct rdtgrp *group, struct rdtgrp_tree **ret_tree);
RDTGRP_EXPORT struct rdtgrp_tree *rdtgrp_tree_ref(struct rdtgrp_tree *tree);
RDTGRP_EXPORT struct rdtgrp_tree *rdtgrp_tree_unref(struct rdtgrp_tree *tree);
RDTGRP_EXPORT void rdtgrp_tree_unrefp(struct rdtgrp_tree **tree);

/** The number of groups, at least 1. Since: 0.1 */
RDTGRP_EXPORT size_t rdtgrp_tree_count(const struct rdtgrp_tree *tree);

/** A group's last name component ("/" for the default group), borrowed; NULL if index is too large, or
 * for index 0 where rdtgrp_get_name() is NULL. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_tree_get_name(const struct rdtgrp_tree *tree, size_t index);

/** A group's path from the group that the tree was read from ("." for that itself), borrowed; NULL if
 * index is too large. Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_tree_get_path(const struct rdtgrp_tree *tree, size_t index);

/** A group's type; 0 if index is too large. Since: 0.1 */
RDTGRP_EXPORT enum rdtgrp_type rdtgrp_tree_get_type(const struct rdtgrp_tree *tree, size_t index);

/** The inode number of a group's directory; 0 if index is too large. Since: 0.1 */
RDTGRP_EXPORT uint64_t rdtgrp_tree_get_inode(const struct rdtgrp_tree *tree, size_t index);

/** The index of a MON group's CTRL_MON group, or of the default group for a CTRL_MON group; -1 for
 * the first, and if index is too large. Since: 0.1 */
RDTGRP_EXPORT ssize_t rdtgrp_tree_get_parent(const struct rdtgrp_tree *tree, size_t index);

/** 0, or the negative errno for which the MON groups of this CTRL_MON group could not be listed
 * (-EACCES: its mon_groups may not be read), so that there may be more than the tree shows.
 * Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_tree_get_error(const struct rdtgrp_tree *tree, size_t index);

/**
 * Open a group of the tree.
 * @return as rdtgrp_get_from_fd(); -ENOENT also if the name now belongs to another group; -EINVAL also
 * if index is too large.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_tree_open(const struct rdtgrp_tree *tree, size_t index,
				   struct rdtgrp **ret_group);

/** Read the mode of a group of the tree, pseudo-locked ones included. @return as rdtgrp_read_mode();
 * -EINVAL if index is too large. Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_tree_read_mode(const struct rdtgrp_tree *tree, size_t index,
					enum rdtgrp_mode *ret_mode);

/**
 * Have two groups, of the same or of two trees, the same MON groups, by inode? What changes in between
 * is not seen. False also if one's MON groups could not be listed or an index is too large.
 *
 * A CTRL_MON group's cumulative values drop when a MON group leaves it, so a difference is worth
 * something only between readings with the same MON groups. Since: 0.1
 */
RDTGRP_EXPORT bool rdtgrp_tree_same_children(const struct rdtgrp_tree *a, size_t index_a,
					     const struct rdtgrp_tree *b, size_t index_b);

/** @} */

/** @name Watch
 * To be told when groups are made, removed or renamed: an fd for poll(2). It tells that something
 * changed, and rdtgrp_tree_read() then says what there is, so that nothing depends on how fast one is.
 * @{ */

/** An inotify instance on the directories in which groups are made. */
struct rdtgrp_watch;

/** What changed, as bits. */
enum rdtgrp_change {
	RDTGRP_CHANGE_CREATED = 1 << 0,
	RDTGRP_CHANGE_REMOVED = 1 << 1,
	RDTGRP_CHANGE_RENAMED = 1 << 2,
	/** More changed than could be told, or a group's MON groups cannot be watched from now on. */
	RDTGRP_CHANGE_LOST = 1 << 3,
};

/**
 * Watch the groups below a CTRL_MON group: below the default group all groups, otherwise its MON
 * groups. The removal of the group itself is told by a watch on the default group alone.
 *
 * It tells what system calls do. Groups that go because resctrl is torn down below its mount, and
 * domains, which come and go with CPUs, are not told: the next reading finds them
 * (rdtgrp_reader_update()).
 *
 * @return 0;
 * -ENOTSUP: a MON group has no groups below;
 * -ENOENT: the group is gone, or there is no /proc;
 * -ENODATA: the group has no mon_groups, since the CPU cannot monitor;
 * -EMFILE: also where there is no inotify instance left;
 * -ENOSPC: there is no inotify watch left;
 * -EACCES: a directory may not be read.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_watch_new(struct rdtgrp *group, struct rdtgrp_watch **ret_watch);
RDTGRP_EXPORT struct rdtgrp_watch *rdtgrp_watch_ref(struct rdtgrp_watch *watch);
RDTGRP_EXPORT struct rdtgrp_watch *rdtgrp_watch_unref(struct rdtgrp_watch *watch);
RDTGRP_EXPORT void rdtgrp_watch_unrefp(struct rdtgrp_watch **watch);

/** The fd, borrowed: POLLIN says that rdtgrp_watch_read() has something to tell. Since: 0.1 */
RDTGRP_EXPORT int rdtgrp_watch_get_fd(const struct rdtgrp_watch *watch);

/**
 * What changed since the last time. It does not block. A tree read afterwards has all of it in it.
 * @param ret_changes bits of enum rdtgrp_change; 0 if nothing did.
 *
 * Not thread-safe with the same watch.
 * @return 0; -EIO and others: errno of read(2).
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_watch_read(struct rdtgrp_watch *watch, unsigned int *ret_changes);

/** @} */

/** @name Creating and removing
 * @{ */

/**
 * Create a group.
 *
 * @param parent for a CTRL_MON group the default group, for a MON group its CTRL_MON group.
 * @param name its name: no '/', no newline, not "." or "..", not empty, not NULL.
 * @param ret_group a handle of it, or NULL if none is wanted.
 *
 * The directory's mode is 0755 without the bits of the caller's umask. If the group was made but could
 * not be opened, it is removed again and the call fails.
 *
 * @return 0, or
 * -EEXIST: the name is taken, or reserved;
 * -ENOSPC: no CLOSID or RMID left;
 * -EBUSY: RMIDs are in limbo: removed groups whose cache lines are not evicted yet still hold them, try
 * again in some seconds;
 * -EINVAL: name or type is none; the parent is in pseudo-locksetup or pseudo-locked;
 * -EPERM: a group of this type cannot be made there, by the kernel (a monitor-only machine has no
 * CTRL_MON groups; the name mon_groups below mon_groups);
 * -EACCES: not permitted; the advice names the capability that is missing;
 * -ENAMETOOLONG: the name is longer than a path can be, which is 4095 bytes;
 * -ENOENT: the parent is gone, or without mon_groups since the CPU cannot monitor.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_create(const struct rdtgrp *parent, enum rdtgrp_type type,
				const char *name, struct rdtgrp **ret_group);

/**
 * Remove the group, with the MON groups of a CTRL_MON group. Its tasks go to the parent. The handle
 * remains to be unref'ed. The group is found in its parent by identity, then removed by name; between
 * these two steps the kernel offers no protection from another's rename.
 * @return 0; -ENOENT: already gone; -EBUSY: the default group, or something is mounted on it; -EXDEV:
 * the parent lies outside the bind mount; -EACCES, -EPERM: not permitted.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_remove(const struct rdtgrp *group);

/** @} */

/** @name Tasks
 * The kernel moves threads, not processes, and copies a thread's group to what it forks.
 * @{ */

/**
 * Read the thread ids in the group, in the order of the kernel. A CTRL_MON group's include those of its
 * MON groups. Threads outside the reader's pid namespace are left out by the kernel.
 * @param ret_tids to be freed with free(3); NULL if there are none.
 * @return 0; -ENOENT: the group is gone; -EACCES: not permitted (in pseudo-locksetup nobody is);
 * -EBADMSG: the file holds something else.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_read_tasks(const struct rdtgrp *group, pid_t **ret_tids,
				    size_t *ret_count);

/**
 * Move one thread into the group; 0 is the caller.
 * @return 0;
 * -ESRCH: no such thread;
 * -EINVAL: a negative id; a MON group of another CTRL_MON group than the thread is in;
 * -EPERM: the thread belongs to another user;
 * -EACCES: the caller may not write to the group's tasks;
 * -ENOENT: the group is gone.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_move_task(const struct rdtgrp *group, pid_t tid);

/**
 * Move all threads of a process into the group. Threads started meanwhile are looked for again and
 * again until a pass over /proc finds no thread that was not moved before. Threads that end meanwhile
 * are no failure. One that is just being started can be missed, with all that it starts later: the
 * kernel copies its parent's group some time before it can be seen (kernel/fork.c, copy_process). While
 * a process starts threads, a second call finds what the first one missed.
 * @return 0; -ESRCH: no such process; -ENOSYS: /proc is not mounted, without which threads cannot be
 * found; -EAGAIN: after 100 passes there still were new threads, those found are moved; otherwise as
 * rdtgrp_move_task(): threads moved before the failure stay.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_move_process(const struct rdtgrp *group, pid_t pid);

/** @} */

/** @name Info
 * What the kernel offers: the files of the info directory, as text. last_cmd_status is left out, as are
 * the files whose reading would clear it: available_mbm_cntrs, mbm_assign_on_mkdir, io_alloc_cbm,
 * event_filter.
 * @{ */

/** An immutable snapshot. */
struct rdtgrp_info;

/**
 * Read the info directory.
 * @param group the default group.
 * @return 0; -EINVAL: not the default group; -ENOENT: it is gone; -EACCES: not permitted.
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_info_read(const struct rdtgrp *group, struct rdtgrp_info **ret_info);
RDTGRP_EXPORT struct rdtgrp_info *rdtgrp_info_ref(struct rdtgrp_info *info);
RDTGRP_EXPORT struct rdtgrp_info *rdtgrp_info_unref(struct rdtgrp_info *info);
RDTGRP_EXPORT void rdtgrp_info_unrefp(struct rdtgrp_info **info);

/** The files: their number, path below info ("L3_MON/num_rmids", sorted) and text without the last
 * newline. Text is NULL if the file could not be read, and the errno (negative) says why; both are
 * NULL and the errno -EINVAL if index is too large. Since: 0.1 */
RDTGRP_EXPORT size_t rdtgrp_info_count(const struct rdtgrp_info *info);
RDTGRP_EXPORT const char *rdtgrp_info_get_path(const struct rdtgrp_info *info, size_t index);
RDTGRP_EXPORT const char *rdtgrp_info_get_text(const struct rdtgrp_info *info, size_t index);
RDTGRP_EXPORT int rdtgrp_info_get_error(const struct rdtgrp_info *info, size_t index);

/** The text of one file by path, borrowed, or NULL if there is none or it could not be read.
 * Since: 0.1 */
RDTGRP_EXPORT const char *rdtgrp_info_find(const struct rdtgrp_info *info, const char *path);

/** @} */

/** @name Passing a handle to another process
 * A privileged process can open a group and hand it to one that has neither the path nor the right to
 * reach it: by a Unix socket, in one message (SCM_RIGHTS) that carries one byte and one fd. Below the
 * group's directory the receiver's own permissions count: with the kernel's usual modes (0755 and 0444)
 * reading needs none.
 * @{ */

/**
 * Send a handle. It blocks as the socket does. SIGPIPE is not raised.
 * @return 0, or the errno of sendmsg(2): -EPIPE, -EAGAIN, -ENOTSOCK, …
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_send(const struct rdtgrp *group, int socket_fd);

/**
 * Receive a handle that rdtgrp_send() sent, with all checks of rdtgrp_get_from_fd(). Descriptors that
 * come with a message of any other form are closed.
 * @return 0; -ECONNRESET: the peer closed the connection; -EBADMSG: a message of another form;
 * otherwise as rdtgrp_get_from_fd() or the errno of recvmsg(2).
 * Since: 0.1
 */
RDTGRP_EXPORT int rdtgrp_receive(int socket_fd, unsigned int flags, struct rdtgrp **ret_group);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
