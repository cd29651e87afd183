/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capability.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* The inode number of the initial user namespace (include/linux/proc_ns.h, PROC_USER_INIT_INO). */
#define INITIAL_USER_NAMESPACE 0xEFFFFFFDU

/* Does the process have the capability in its effective set? Where that cannot be told, it has. */
static bool holds(cap_value_t capability)
{
	cap_flag_value_t value = CAP_SET;
	cap_t all = cap_get_proc();

	if (all) {
		cap_get_flag(all, capability, CAP_EFFECTIVE, &value);
		cap_free(all);
	}
	return value == CAP_SET;
}

static bool in_initial_user_namespace(void)
{
	struct stat st;

	/* Without /proc nothing speaks against it. */
	return stat("/proc/self/ns/user", &st) < 0 || st.st_ino == INITIAL_USER_NAMESPACE;
}

/* The object as a person would ask for it: "; it belongs to user 0, group 0, with mode 0555". */
static void describe(int dirfd, const char *path, char *text, size_t size, struct stat *st)
{
	if (fstatat(dirfd, path, st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0) {
		*st = (struct stat){.st_mode = 0777};
		snprintf(text, size, "; a directory on the way to it may not be searched");
		return;
	}
	snprintf(text, size, "; it belongs to user %u, group %u, with mode %04o",
		 (unsigned int)st->st_uid, (unsigned int)st->st_gid,
		 (unsigned int)st->st_mode & 07777);
}

/*
 * A file or directory of whose mode the caller is not allowed enough. fs/resctrl itself asks for no
 * capability: it is all the VFS and kernfs.
 */
static void advise_mode(bool write, int dirfd, const char *path)
{
	const char *names = write ? "CAP_DAC_OVERRIDE" : "CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE";
	bool held = holds(CAP_DAC_OVERRIDE) || (!write && holds(CAP_DAC_READ_SEARCH));
	const mode_t bits = write ? 0222 : 0444;
	char object[128];
	struct stat st;

	describe(dirfd, path, object, sizeof(object), &st);
	if (S_ISREG(st.st_mode) && !(st.st_mode & bits))
		rg_error_set_advice(
			"nobody may do that, whatever the capabilities, since the kernel "
			"asks resctrl's files for at least one permission bit%s (tasks and "
			"cpus of a group in pseudo-locksetup are like that)",
			object);
	else if (!held)
		rg_error_set_advice(
			"this process (effective user id %u) lacks %s%s: run it as root, or "
			"let root change owner or mode",
			(unsigned int)geteuid(), names, object);
	else if (!in_initial_user_namespace())
		rg_error_set_advice(
			"this process holds the capabilities only in its own user "
			"namespace, where they do not count for an owner who is not mapped "
			"in /proc/self/uid_map%s: run it outside of the container",
			object);
	else
		rg_error_set_advice(
			"owner, mode and capabilities allow it%s: a security module "
			"(SELinux, AppArmor, Landlock) or a sandbox refuses, see the audit "
			"log",
			object);
}

const char *rg_mount_obstacle(void)
{
	int saved_errno = errno;
	const char *words = NULL;

	/* fs/super.c asks the initial user namespace, as resctrl has no FS_USERNS_MOUNT. */
	if (!in_initial_user_namespace())
		words = "mounting resctrl needs CAP_SYS_ADMIN in the initial user namespace, and "
			"this process is in another one: do it outside of the container";
	else if (!holds(CAP_SYS_ADMIN))
		words = "mounting resctrl needs CAP_SYS_ADMIN, which this process lacks: "
			"do it as root";
	errno = saved_errno;
	return words;
}

static void advise(int error, enum rg_refused what, int dirfd, const char *path)
{
	switch (what) {
	case RG_REFUSED_READ:
		advise_mode(false, dirfd, path);
		break;
	case RG_REFUSED_WRITE:
		advise_mode(true, dirfd, path);
		break;
	case RG_REFUSED_DIRECTORY:
		/* Permissions are EACCES here; EPERM is what resctrl says where there are no groups. */
		if (error == -EPERM)
			rg_error_set_advice(
				"this is not a matter of permissions: the kernel takes "
				"CTRL_MON groups in the root only, if the CPU can allocate, "
				"and MON groups in mon_groups only");
		else
			advise_mode(true, dirfd, path);
		break;
	case RG_REFUSED_TASK:
		if (error == -EPERM)
			rg_error_set_advice(
				"a task of another user is moved by user id 0 only, and no "
				"capability counts: this process has effective user id %u, "
				"be root or that user",
				(unsigned int)geteuid());
		else
			advise_mode(true, dirfd, path);
		break;
	}
}

void rg_advise_refused(int error, enum rg_refused what, int dirfd, const char *path)
{
	int saved_errno = errno;

	if (error == -EROFS)
		rg_error_set_advice(
			"it is mounted read-only here: use another mount of it, or have it "
			"remounted with mount -o remount,bind,rw");
	else if (error == -EACCES || error == -EPERM)
		advise(error, what, dirfd, path);
	errno = saved_errno;
}
