/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of files and directories. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

/* Positions 1 and 2 are behind "." and "..". */
#define FIRST_POSITION (UINT64_C(3) << 32)

/* Listed by the hash of the name, as kernfs does: in no order that a reader could rely on. The inode
 * number makes it unique, so that a listing can go on behind an entry that was removed meanwhile. */
static uint64_t name_position(const char *name, uint64_t ino)
{
	uint64_t hash = text_hash(0, name) & 0x3fffffff;

	return FIRST_POSITION + (hash << 32 | (ino & UINT32_MAX));
}

/* The index of the first child at or behind a position. */
static size_t child_index(const struct sim_node *dir, uint64_t position)
{
	size_t low = 0, high = dir->n_children;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (dir->children[middle]->position < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct sim_node *sim_node_find(const struct sim_node *dir, const char *name)
{
	uint64_t first = name_position(name, 0);

	for (size_t i = child_index(dir, first); i < dir->n_children; i++) {
		struct sim_node *child = dir->children[i];

		if (child->position >> 32 != first >> 32)
			break;
		if (!strcmp(child->name, name))
			return child;
	}
	return NULL;
}

static int child_add(struct sim_node *dir, struct sim_node *child)
{
	size_t at = child_index(dir, child->position);

	if (dir->n_children == dir->children_size) {
		size_t size = dir->children_size ? 2 * dir->children_size : 8;
		struct sim_node **children;

		children = reallocarray(dir->children, size, sizeof(*children));
		if (!children)
			return -ENOMEM;
		dir->children = children;
		dir->children_size = size;
	}
	memmove(&dir->children[at + 1], &dir->children[at],
		(dir->n_children - at) * sizeof(*dir->children));
	dir->children[at] = child;
	dir->n_children++;
	child->parent = dir;
	child->parent_ino = dir->ino;
	return 0;
}

static void child_remove(struct sim_node *dir, struct sim_node *child)
{
	size_t at = child_index(dir, child->position);

	memmove(&dir->children[at], &dir->children[at + 1],
		(dir->n_children - at - 1) * sizeof(*dir->children));
	dir->n_children--;
	child->parent = NULL;
}

static void node_free(struct sim_node *node)
{
	if (node->fault_text) {
		text_free(node->fault_text);
		free(node->fault_text);
	}
	free(node->children);
	free(node->name);
	free(node);
}

int sim_node_new(struct sim_model *model, struct sim_node *parent, const char *name,
		 enum sim_node_kind kind, mode_t mode, uid_t uid, gid_t gid,
		 struct sim_node **ret_node)
{
	struct sim_node *node = calloc(1, sizeof(*node));

	if (!node)
		return -ENOMEM;
	node->name = strdup(name);
	if (!node->name) {
		node_free(node);
		return -ENOMEM;
	}
	/* Numbers are never used again. */
	node->ino = model->last_ino + 1;
	node->position = name_position(name, node->ino);
	node->kind = kind;
	node->mode = mode;
	node->uid = uid;
	node->gid = gid;
	node->atime = node->mtime = node->ctime = model->wall;
	if (parent && child_add(parent, node)) {
		node_free(node);
		return -ENOMEM;
	}
	if (parent) {
		node->group = parent->group;
		node->domain = parent->domain;
		node->event = parent->event;
		node->schema = parent->schema;
	} else {
		node->parent_ino = node->ino;
	}
	model->last_ino = node->ino;
	if (ret_node)
		*ret_node = node;
	return 0;
}

int sim_file_new(struct sim_model *model, struct sim_node *parent, const struct sim_file *file,
		 uid_t uid, gid_t gid, struct sim_node **ret_node)
{
	struct sim_node *node;
	int r;

	r = sim_node_new(model, parent, file->name, SIM_NODE_FILE, S_IFREG | file->mode, uid, gid,
			 &node);
	if (r)
		return r;
	node->file = file;
	if (ret_node)
		*ret_node = node;
	return 0;
}

static nlink_t live_nlink(const struct sim_node *node)
{
	nlink_t count = 2;

	if (!S_ISDIR(node->mode))
		return 1;
	for (size_t i = 0; i < node->n_children; i++)
		count += S_ISDIR(node->children[i]->mode);
	return count;
}

static void kill_below(struct sim_model *model, struct sim_node *node)
{
	node->last_nlink = live_nlink(node);
	for (size_t i = 0; i < node->n_children; i++) {
		node->children[i]->parent = NULL;
		kill_below(model, node->children[i]);
	}
	node->n_children = 0;
	node->dead = true;
	node->group = NULL;
	node->domain = NULL;
	if (!node->refs) {
		node_free(node);
		return;
	}
	node->next_dead = model->dead;
	if (node->next_dead)
		node->next_dead->prev_dead = node;
	model->dead = node;
}

void sim_node_remove(struct sim_model *model, struct sim_node *node)
{
	if (node->parent)
		child_remove(node->parent, node);
	kill_below(model, node);
}

int sim_node_move(struct sim_model *model, struct sim_node *node, struct sim_node *new_parent,
		  const char *new_name)
{
	struct sim_node *old_parent = node->parent;
	char *name = strdup(new_name);
	uint64_t old_position = node->position;

	(void)model;
	if (!name)
		return -ENOMEM;
	child_remove(old_parent, node);
	node->position = name_position(name, node->ino);
	if (child_add(new_parent, node)) {
		/* There is room where it came from. */
		node->position = old_position;
		child_add(old_parent, node);
		free(name);
		return -ENOMEM;
	}
	free(node->name);
	node->name = name;
	return 0;
}

void sim_nodes_free(struct sim_model *model)
{
	if (model->root)
		sim_node_remove(model, model->root);
	model->root = NULL;
	/* Whoever still refers to them is gone with the filesystem. */
	while (model->dead) {
		struct sim_node *node = model->dead;

		model->dead = node->next_dead;
		node_free(node);
	}
}

struct sim_node *sim_root(struct sim_model *model)
{
	return model->root;
}

bool sim_is_root(const struct sim_node *node)
{
	return !node->parent && !node->dead;
}

void sim_ref(struct sim_node *node)
{
	node->refs++;
}

void sim_unref(struct sim_model *model, struct sim_node *node, uint64_t count)
{
	node->refs -= count;
	if (node->refs || !node->dead)
		return;
	if (node->prev_dead)
		node->prev_dead->next_dead = node->next_dead;
	else
		model->dead = node->next_dead;
	if (node->next_dead)
		node->next_dead->prev_dead = node->prev_dead;
	node_free(node);
}

int sim_lookup(struct sim_model *model, struct sim_node *dir, const char *name,
	       struct sim_node **ret_node)
{
	struct sim_node *node;

	(void)model;
	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	node = sim_node_find(dir, name);
	if (!node)
		return -ENOENT;
	sim_ref(node);
	*ret_node = node;
	return 0;
}

void sim_getattr(const struct sim_model *model, const struct sim_node *node, struct stat *ret_stat)
{
	struct stat st = {
		.st_ino = node->ino,
		.st_mode = node->mode,
		.st_uid = node->uid,
		.st_gid = node->gid,
		.st_atim = node->atime,
		.st_mtim = node->mtime,
		.st_ctim = node->ctime,
		.st_blksize = 4096,
	};

	if (!node->dead)
		st.st_nlink = live_nlink(node);
	else if (model->keep_nlink)
		st.st_nlink = node->last_nlink;
	*ret_stat = st;
}

void sim_setattr(struct sim_model *model, struct sim_node *node, unsigned int which,
		 const struct stat *st)
{
	if (which & SIM_SET_MODE)
		node->mode = (node->mode & (mode_t)S_IFMT) | (st->st_mode & 07777);
	if (which & SIM_SET_UID)
		node->uid = st->st_uid;
	if (which & SIM_SET_GID)
		node->gid = st->st_gid;
	if (which & SIM_SET_ATIME)
		node->atime = st->st_atim;
	if (which & SIM_SET_MTIME)
		node->mtime = st->st_mtim;
	node->ctime = model->wall;
}

int sim_readdir(const struct sim_model *model, const struct sim_node *dir, uint64_t position,
		struct sim_dirent *ret_entry)
{
	(void)model;
	/* The directories below a removed group still have these two; itself not even them. */
	if (dir->unlinked)
		return -ENOENT;
	if (position == 0) {
		*ret_entry = (struct sim_dirent){".", dir->ino, S_IFDIR, 1};
		return 1;
	}
	if (position == 1) {
		*ret_entry = (struct sim_dirent){"..", dir->parent_ino, S_IFDIR, 2};
		return 1;
	}
	for (size_t i = child_index(dir, position + 1); i < dir->n_children; i++) {
		const struct sim_node *child = dir->children[i];

		/* The simulator's own file is not part of what is simulated. */
		if (child->kind == SIM_NODE_CONTROL)
			continue;
		*ret_entry =
			(struct sim_dirent){child->name, child->ino, child->mode, child->position};
		return 1;
	}
	return 0;
}

bool sim_is_dead(const struct sim_node *node)
{
	return node->dead;
}

bool sim_is_control(const struct sim_node *node)
{
	return node->kind == SIM_NODE_CONTROL;
}

bool sim_takes_lock(const struct sim_node *node)
{
	return node->file && node->file->locks;
}
