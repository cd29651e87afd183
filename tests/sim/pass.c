/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles that travel: to a process without privilege, without the path, without the mount. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live.h"

#define D live_domain(0)
#define E "mbm_total_bytes"
#define MIB 1048576ULL
#define UNTOUCHED ((struct rdtgrp *)&live)

struct pair {
	int ends[2];
};

static void close_pair(struct pair *pair)
{
	live_closep(&pair->ends[0]);
	live_closep(&pair->ends[1]);
}

#define AUTO_PAIR __attribute__((cleanup(close_pair))) struct pair

static bool make_pair(int type, struct pair *pair)
{
	return CHECK(!socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair->ends));
}

static void both_ways(void)
{
	static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

	for (size_t i = 0; i < 3; i++) {
		AUTO_PAIR pair = {{-1, -1}};
		AUTO_GROUP group = NULL;
		AUTO_GROUP mon = NULL;
		AUTO_GROUP first = NULL;
		AUTO_GROUP second = NULL;

		NEED(make_pair(types[i], &pair));
		if (!i) {
			NEED(live_make_group("g", &group));
			NEED(live_make_group("g/mon_groups/m", &mon));
		} else {
			NEED(live_open_group("g", &group));
			NEED(live_open_group("g/mon_groups/m", &mon));
		}
		/* Two messages in a row stay two. */
		NEED_RC(rdtgrp_send(group, pair.ends[0]), 0);
		NEED_RC(rdtgrp_send(mon, pair.ends[0]), 0);
		NEED_RC(rdtgrp_receive(pair.ends[1], live.flags, &first), 0);
		NEED_RC(rdtgrp_receive(pair.ends[1], live.flags, &second), 0);
		CHECK_RC(rdtgrp_compare(first, group), 0);
		CHECK_RC(rdtgrp_compare(second, mon), 0);
		CHECK_RC(rdtgrp_get_type(second), RDTGRP_TYPE_MON);
		CHECK_STRING(rdtgrp_get_name(second), "m");
		CHECK(rdtgrp_get_fd(first) != rdtgrp_get_fd(group));
		CHECK(fcntl(rdtgrp_get_fd(first), F_GETFD) == FD_CLOEXEC);
	}
}

static void outlives_sender(void)
{
	AUTO_PAIR pair = {{-1, -1}};
	struct rdtgrp *group = NULL;
	AUTO_GROUP received = NULL;

	NEED(make_pair(SOCK_STREAM, &pair));
	NEED(live_make_group("g", &group));
	CHECK_RC(rdtgrp_send(group, pair.ends[0]), 0);
	rdtgrp_unref(group);
	close(pair.ends[0]);
	pair.ends[0] = -1;
	NEED_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), 0);
	CHECK_RC(rdtgrp_is_live(received), 1);
}

static void removed_on_the_way(void)
{
	AUTO_PAIR pair = {{-1, -1}};
	struct rdtgrp *received = UNTOUCHED;
	AUTO_GROUP group = NULL;

	NEED(make_pair(SOCK_STREAM, &pair));
	NEED(live_make_group("g", &group));
	CHECK_RC(rdtgrp_send(group, pair.ends[0]), 0);
	NEED(live_rmdir("g"));
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -ENOENT);
	CHECK(received == UNTOUCHED);
}

static void send_fds(int socket_fd, const char *bytes, size_t length, const int *fds, size_t count)
{
	union {
		char buffer[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (count) {
		struct cmsghdr *header;

		message.msg_control = control.buffer;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	CHECK(sendmsg(socket_fd, &message, MSG_NOSIGNAL) >= 0);
}

static void other_messages(void)
{
	int fds[4] = {live.root_fd, live.root_fd, live.root_fd, live.root_fd};
	AUTO_PAIR pair = {{-1, -1}};
	struct rdtgrp *received = UNTOUCHED;
	AUTO_GROUP group = NULL;
	int file;

	NEED(make_pair(SOCK_SEQPACKET, &pair));
	NEED(live_make_group("g", &group));
	/* The case's count of fds tells whether those that came along were closed. */
	send_fds(pair.ends[0], "G", 1, NULL, 0);
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -EBADMSG);
	send_fds(pair.ends[0], "G", 1, fds, 2);
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -EBADMSG);
	send_fds(pair.ends[0], "G", 1, fds, 4);
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -EBADMSG);
	send_fds(pair.ends[0], "GG", 2, fds, 1);
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -EBADMSG);
	send_fds(pair.ends[0], "\n", 1, fds, 1);
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -EBADMSG);
	/* A file instead of a group, in a message that is otherwise well. */
	file = live_open("g/tasks", O_RDONLY);
	CHECK_RC(rdtgrp_send(group, pair.ends[0]), 0);
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags | 1U << 9, &received), -EINVAL);
	send_fds(pair.ends[0], "G", 1, &file, 1);
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -EBADF);
	live_closep(&file);
	CHECK(received == UNTOUCHED);
	close(pair.ends[0]);
	pair.ends[0] = -1;
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -ECONNRESET);
	CHECK_RC(rdtgrp_send(group, pair.ends[1]), -EPIPE);
	CHECK(received == UNTOUCHED);
}

static void bad_sockets(void)
{
	struct rdtgrp *received = UNTOUCHED;
	AUTO_PAIR pair = {{-1, -1}};
	AUTO_GROUP group = NULL;

	NEED(live_make_group("g", &group));
	NEED(make_pair(SOCK_STREAM | SOCK_NONBLOCK, &pair));
	CHECK_RC(rdtgrp_receive(pair.ends[1], live.flags, &received), -EAGAIN);
	CHECK_RC(rdtgrp_send(group, -1), -EBADF);
	CHECK_RC(rdtgrp_receive(-1, live.flags, &received), -EBADF);
	CHECK_RC(rdtgrp_send(group, live.root_fd), -ENOTSOCK);
	CHECK_RC(rdtgrp_receive(live.root_fd, live.flags, &received), -ENOTSOCK);
	CHECK(received == UNTOUCHED);
}

static void nobody_receives(void *argument)
{
	const struct pair *pair = argument;
	AUTO_GROUP group = NULL;
	AUTO_GROUP by_path = NULL;
	struct rdtgrp_value value;
	struct rdtgrp_tree *tree = NULL;

	/* There is no way to the group from here but the handle. */
	CHECK(rdtgrp_open(live.root, live.flags, &by_path) < 0);
	NEED_RC(rdtgrp_receive(pair->ends[1], live.flags, &group), 0);
	CHECK_RC(rdtgrp_is_live(group), 1);
	CHECK_STRING(rdtgrp_get_name(group), "g");
	NEED_RC(rdtgrp_read_value(group, D, E, &value), 0);
	CHECK_RC(value.status, RDTGRP_STATUS_OK);
	CHECK_U64(value.integer, 9 * MIB);
	NEED_RC(rdtgrp_tree_read(group, &tree), 0);
	CHECK_U64(rdtgrp_tree_count(tree), 2);
	rdtgrp_tree_unref(tree);
	/* Reading is what it was given; nothing more. */
	CHECK_RC(rdtgrp_create(group, RDTGRP_TYPE_MON, "n", NULL), -EACCES);
	CHECK_RC(rdtgrp_move_task(group, 0), -EACCES);
	CHECK_RC(rdtgrp_remove(group), -EACCES);
}

static void unmounted_receives(void *argument)
{
	const struct pair *pair = argument;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    umount2(live.root, MNT_DETACH) < 0) {
		tap_note("a mount namespace of its own: %s", strerror(errno));
		CHECK(!"the tree can be unmounted in a mount namespace");
		return;
	}
	close(live.root_fd);
	live_as_nobody(nobody_receives, (void *)(uintptr_t)pair);
}

static void without_path_or_privilege(void)
{
	AUTO_PAIR pair = {{-1, -1}};
	AUTO_GROUP group = NULL;

	if (geteuid() != 0) {
		tap_skip("only root can drop privileges");
		return;
	}
	if (!live_freeze())
		return;
	NEED(make_pair(SOCK_STREAM, &pair));
	NEED(live_make_group("g", &group));
	NEED(live_make("g/mon_groups/m"));
	if (!live_set("g", D, E, 4 * MIB) || !live_set("g/mon_groups/m", D, E, 5 * MIB))
		return;
	NEED_RC(rdtgrp_send(group, pair.ends[0]), 0);
	live_in_child(unmounted_receives, &pair);
	CHECK_RC(rdtgrp_is_live(group), 1);
}

static const struct tap_case cases[] = {
	{"streams, datagrams, packets", both_ways},
	{"what is received outlives the sender's handle", outlives_sender},
	{"a group removed on the way: ENOENT", removed_on_the_way},
	{"messages of another form: EBADMSG, and their fds are closed", other_messages},
	{"bad sockets", bad_sockets},
	{"to nobody, in a mount namespace without the tree", without_path_or_privilege},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
