/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The face: FUSE requests to calls of the model. Nothing is cached by the kernel: entries and
 * attributes are valid for no time, files are read directly, so what a reader sees is the model.
 */
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "model.h"

#define SLICE_US UINT64_C(50000)

/* An open file, which works like a seq_file of the kernel: a read at 0 takes a new look at the model,
 * those that go on from there get the rest of what was seen. */
struct handle {
	/* All that are open: what is still open when we unmount is not released by the kernel. */
	struct handle *older, *newer;
	struct sim_node *node;
	pthread_mutex_t lock;
	struct text text;
	uint64_t next;
	bool filled;
};

static struct fs *get_fs(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static struct sim_node *get_node(struct fs *fs, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? sim_root(fs->model) : (struct sim_node *)(uintptr_t)ino;
}

static struct handle *get_handle(const struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}

static void lock_model(struct fs *fs)
{
	struct timespec clock, wall;

	pthread_mutex_lock(&fs->lock);
	clock_gettime(CLOCK_MONOTONIC, &clock);
	clock_gettime(CLOCK_REALTIME, &wall);
	sim_model_set_time(fs->model,
			   (uint64_t)clock.tv_sec * 1000000 + (uint64_t)clock.tv_nsec / 1000,
			   &wall);
}

static void unlock_model(struct fs *fs)
{
	pthread_mutex_unlock(&fs->lock);
}

static struct sim_caller get_caller(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	return (struct sim_caller){.uid = ctx->uid, .gid = ctx->gid, .tid = ctx->pid};
}

/* With the model locked: the kernel's reference was counted by lookup or mkdir. */
static struct fuse_entry_param make_entry(struct fs *fs, struct sim_node *node)
{
	struct fuse_entry_param entry = {
		.ino = sim_is_root(node) ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)node,
	};

	sim_getattr(fs->model, node, &entry.attr);
	return entry;
}

/* A reply that did not reach the kernel gives it no reference. */
static void reply_entry(fuse_req_t req, struct fs *fs, struct sim_node *node,
			const struct fuse_entry_param *entry)
{
	if (!fuse_reply_entry(req, entry))
		return;
	lock_model(fs);
	sim_unref(fs->model, node, 1);
	unlock_model(fs);
}

static void fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fs *fs = get_fs(req);
	struct fuse_entry_param entry;
	struct sim_node *node;
	int r;

	lock_model(fs);
	r = sim_lookup(fs->model, get_node(fs, parent), name, &node);
	if (!r)
		entry = make_entry(fs, node);
	unlock_model(fs);
	if (r)
		fuse_reply_err(req, -r);
	else
		reply_entry(req, fs, node, &entry);
}

static void forget_one(struct fs *fs, fuse_ino_t ino, uint64_t count)
{
	if (ino == FUSE_ROOT_ID)
		return;
	sim_unref(fs->model, get_node(fs, ino), count);
}

static void fs_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	struct fs *fs = get_fs(req);

	lock_model(fs);
	forget_one(fs, ino, count);
	unlock_model(fs);
	fuse_reply_none(req);
}

static void fs_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct fs *fs = get_fs(req);

	lock_model(fs);
	for (size_t i = 0; i < count; i++)
		forget_one(fs, forgets[i].ino, forgets[i].nlookup);
	unlock_model(fs);
	fuse_reply_none(req);
}

static void fs_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = get_fs(req);
	struct stat st;

	(void)fi;
	lock_model(fs);
	sim_getattr(fs->model, get_node(fs, ino), &st);
	unlock_model(fs);
	fuse_reply_attr(req, &st, 0);
}

static void fs_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		       struct fuse_file_info *fi)
{
	static const struct {
		int fuse;
		unsigned int model;
	} bits[] = {
		{FUSE_SET_ATTR_MODE, SIM_SET_MODE},   {FUSE_SET_ATTR_UID, SIM_SET_UID},
		{FUSE_SET_ATTR_GID, SIM_SET_GID},     {FUSE_SET_ATTR_ATIME, SIM_SET_ATIME},
		{FUSE_SET_ATTR_MTIME, SIM_SET_MTIME},
	};
	struct fs *fs = get_fs(req);
	unsigned int which = 0;
	struct timespec now;
	struct stat st;

	(void)fi;
	clock_gettime(CLOCK_REALTIME, &now);
	if (to_set & FUSE_SET_ATTR_ATIME_NOW)
		attr->st_atim = now;
	if (to_set & FUSE_SET_ATTR_MTIME_NOW)
		attr->st_mtim = now;
	/* A size, by O_TRUNC or truncate, is accepted and has no effect. */
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (to_set & bits[i].fuse)
			which |= bits[i].model;
	}
	lock_model(fs);
	if (which)
		sim_setattr(fs->model, get_node(fs, ino), which, attr);
	sim_getattr(fs->model, get_node(fs, ino), &st);
	unlock_model(fs);
	fuse_reply_attr(req, &st, 0);
}

static void fs_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	/* "." of a removed directory can still be opened. */
	fi->fh = 0;
	fuse_reply_open(req, fi);
}

static void fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		       struct fuse_file_info *fi)
{
	struct fs *fs = get_fs(req);
	char *buffer = malloc(size);
	struct sim_dirent entry;
	size_t used = 0;
	int r;

	(void)fi;
	if (!buffer) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	lock_model(fs);
	while ((r = sim_readdir(fs->model, get_node(fs, ino), (uint64_t)offset, &entry)) > 0) {
		struct stat st = {.st_ino = entry.ino, .st_mode = entry.mode};
		size_t len;

		len = fuse_add_direntry(req, buffer + used, size - used, entry.name, &st,
					(off_t)entry.next);
		if (len > size - used)
			break;
		used += len;
		offset = (off_t)entry.next;
	}
	unlock_model(fs);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_buf(req, buffer, used);
	free(buffer);
}

static void fs_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct sim_caller caller = get_caller(req);
	struct fs *fs = get_fs(req);
	struct fuse_entry_param entry;
	struct sim_node *node;
	int r;

	pthread_mutex_lock(&fs->slow_lock);
	lock_model(fs);
	r = sim_mkdir(fs->model, get_node(fs, parent), name, mode, &caller, &node);
	if (!r)
		entry = make_entry(fs, node);
	unlock_model(fs);
	pthread_mutex_unlock(&fs->slow_lock);
	if (r)
		fuse_reply_err(req, -r);
	else
		reply_entry(req, fs, node, &entry);
}

static void fs_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fs *fs = get_fs(req);
	int r;

	pthread_mutex_lock(&fs->slow_lock);
	lock_model(fs);
	r = sim_rmdir(fs->model, get_node(fs, parent), name);
	unlock_model(fs);
	pthread_mutex_unlock(&fs->slow_lock);
	fuse_reply_err(req, -r);
}

static void fs_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
		      const char *new_name, unsigned int flags)
{
	struct fs *fs = get_fs(req);
	int r;

	pthread_mutex_lock(&fs->slow_lock);
	lock_model(fs);
	r = sim_rename(fs->model, get_node(fs, parent), name, get_node(fs, new_parent), new_name,
		       flags);
	unlock_model(fs);
	pthread_mutex_unlock(&fs->slow_lock);
	fuse_reply_err(req, -r);
}

static void fs_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = get_fs(req);
	struct handle *handle = calloc(1, sizeof(*handle));
	int r;

	if (!handle) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	lock_model(fs);
	handle->node = get_node(fs, ino);
	r = sim_open(handle->node, fi->flags & O_ACCMODE);
	if (!r) {
		sim_ref(handle->node);
		pthread_mutex_init(&handle->lock, NULL);
		handle->older = fs->newest_handle;
		if (handle->older)
			handle->older->newer = handle;
		fs->newest_handle = handle;
	}
	unlock_model(fs);
	if (r) {
		free(handle);
		fuse_reply_err(req, -r);
		return;
	}
	fi->fh = (uint64_t)(uintptr_t)handle;
	fi->direct_io = 1;
	fuse_reply_open(req, fi);
}

static void free_handle(struct fs *fs, struct handle *handle)
{
	lock_model(fs);
	if (handle->older)
		handle->older->newer = handle->newer;
	if (handle->newer)
		handle->newer->older = handle->older;
	else
		fs->newest_handle = handle->older;
	sim_unref(fs->model, handle->node, 1);
	unlock_model(fs);
	pthread_mutex_destroy(&handle->lock);
	text_free(&handle->text);
	free(handle);
}

static void fs_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	free_handle(get_fs(req), get_handle(fi));
	fuse_reply_err(req, 0);
}

static void fs_destroy(void *userdata)
{
	struct fs *fs = userdata;

	while (fs->newest_handle)
		free_handle(fs, fs->newest_handle);
}

/* In slices: the end of the session, which a signal handler makes, has to be noticed. */
static void sleep_us(const struct fs *fs, uint64_t us)
{
	while (us && !fuse_session_exited(fs->session)) {
		uint64_t slice = us < SLICE_US ? us : SLICE_US;
		struct timespec left = {.tv_nsec = (long)slice * 1000};

		while (nanosleep(&left, &left) && errno == EINTR)
			;
		us -= slice;
	}
}

/* Dead before the lock is ENODEV, dead behind it is the model's to say. */
static int fill(struct fs *fs, struct handle *handle)
{
	bool dead, locks;
	uint64_t slow;
	int r;

	lock_model(fs);
	dead = sim_is_dead(handle->node);
	locks = sim_takes_lock(handle->node);
	slow = sim_model_slow_us(fs->model);
	unlock_model(fs);
	if (dead)
		return -ENODEV;
	if (locks)
		pthread_mutex_lock(&fs->slow_lock);
	if (locks && slow)
		sleep_us(fs, slow);
	lock_model(fs);
	r = sim_show(fs->model, handle->node, &handle->text);
	unlock_model(fs);
	if (locks)
		pthread_mutex_unlock(&fs->slow_lock);
	handle->filled = !r;
	return r;
}

static int end_of_file(struct fs *fs, const struct handle *handle)
{
	bool dead;

	lock_model(fs);
	dead = sim_is_dead(handle->node);
	unlock_model(fs);
	return dead ? -ENODEV : 0;
}

static void fs_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	struct handle *handle = get_handle(fi);
	struct fs *fs = get_fs(req);
	uint64_t at = (uint64_t)offset;
	char *data = NULL;
	int r = 0;

	(void)ino;
	pthread_mutex_lock(&handle->lock);
	if (!handle->filled || !at || at != handle->next)
		r = fill(fs, handle);
	else if (at >= handle->text.len)
		r = end_of_file(fs, handle);
	if (!r) {
		size_t rest = at < handle->text.len ? handle->text.len - (size_t)at : 0;

		if (size > rest)
			size = rest;
		handle->next = at + size;
		data = malloc(size + 1);
		if (data && size)
			memcpy(data, handle->text.data + at, size);
	}
	pthread_mutex_unlock(&handle->lock);
	/* A copy, since the reader may close the file, and another thread release the handle, before
	 * our writing of the reply has come back. */
	if (r)
		fuse_reply_err(req, -r);
	else if (!data)
		fuse_reply_err(req, ENOMEM);
	else
		fuse_reply_buf(req, data, size);
	free(data);
}

static void write_control(fuse_req_t req, struct fs *fs, struct sim_node *node, const char *data,
			  size_t size)
{
	struct sim_caller caller = get_caller(req);
	bool wanted;
	int r;

	lock_model(fs);
	r = sim_store(fs->model, node, &caller, data, size);
	wanted = sim_model_exit_wanted(fs->model);
	unlock_model(fs);
	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_write(req, size);
	if (wanted)
		fuse_session_exit(fs->session);
}

static void fs_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
		     struct fuse_file_info *fi)
{
	struct sim_node *node = get_handle(fi)->node;
	struct sim_caller caller = get_caller(req);
	struct fs *fs = get_fs(req);
	int r;

	(void)ino;
	(void)offset;
	if (sim_is_control(node)) {
		write_control(req, fs, node, data, size);
		return;
	}
	r = end_of_file(fs, get_handle(fi));
	if (!r) {
		pthread_mutex_lock(&fs->slow_lock);
		lock_model(fs);
		r = sim_store(fs->model, node, &caller, data, size);
		unlock_model(fs);
		pthread_mutex_unlock(&fs->slow_lock);
	}
	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_write(req, size);
}

/* Nobody is ever woken; whoever asks after a removal is told. */
static void fs_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi,
		    struct fuse_pollhandle *poll_handle)
{
	unsigned int events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	(void)ino;
	if (poll_handle)
		fuse_pollhandle_destroy(poll_handle);
	if (end_of_file(get_fs(req), get_handle(fi)))
		events |= POLLERR | POLLPRI;
	fuse_reply_poll(req, events);
}

static void fs_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)fi;
	fuse_reply_err(req, EACCES);
}

static void fs_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)rdev;
	fuse_reply_err(req, EPERM);
}

static void fs_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}

static void fs_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target;
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}

static void fs_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	(void)ino;
	(void)parent;
	(void)name;
	fuse_reply_err(req, EPERM);
}

static void fs_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct statvfs st = {
		.f_bsize = 4096,
		.f_frsize = 4096,
		.f_namemax = 255,
	};

	(void)ino;
	fuse_reply_statfs(req, &st);
}

const struct fuse_lowlevel_ops fs_ops = {
	.lookup = fs_lookup,
	.forget = fs_forget,
	.forget_multi = fs_forget_multi,
	.getattr = fs_getattr,
	.setattr = fs_setattr,
	.opendir = fs_opendir,
	.readdir = fs_readdir,
	.mkdir = fs_mkdir,
	.rmdir = fs_rmdir,
	.rename = fs_rename,
	.open = fs_open,
	.release = fs_release,
	.destroy = fs_destroy,
	.read = fs_read,
	.write = fs_write,
	.poll = fs_poll,
	.create = fs_create,
	.mknod = fs_mknod,
	.unlink = fs_unlink,
	.symlink = fs_symlink,
	.link = fs_link,
	.statfs = fs_statfs,
};
