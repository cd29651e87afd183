/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct fixture {
	struct tree tree;
	int sockets[2];
	struct rdtgrp *group;
	struct rdtgrp *received;
};

static int setup_type(void **state, int type)
{
	static struct fixture fixture;

	tree_new_intel(&fixture.tree);
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fixture.sockets), 0);
	fixture.group = tree_open(&fixture.tree, "g1");
	fixture.received = NULL;
	*state = &fixture;
	return 0;
}

static int setup(void **state)
{
	return setup_type(state, SOCK_STREAM);
}

static int setup_packets(void **state)
{
	return setup_type(state, SOCK_SEQPACKET);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	rdtgrp_unref(fixture->group);
	close(fixture->sockets[0]);
	close(fixture->sockets[1]);
	tree_free(&fixture->tree);
	return 0;
}

static void test_pass(void **state)
{
	struct fixture *fixture = *state;
	struct rdtgrp *received = NULL;

	for (int i = 0; i < 3; i++)
		assert_int_equal(rdtgrp_send(fixture->group, fixture->sockets[0]), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &received),
				 0);
		assert_int_equal(rdtgrp_compare(received, fixture->group), 0);
		assert_string_equal(rdtgrp_get_name(received), "g1");
		assert_int_equal(fcntl(rdtgrp_get_fd(received), F_GETFD), FD_CLOEXEC);
		rdtgrp_unref(received);
	}
}

/* To a process that has neither the path nor the right to go there. */
static void test_to_other_process(void **state)
{
	struct fixture *fixture = *state;
	int status;
	pid_t pid;

	assert_int_equal(fchmod(fixture->tree.fd, 0700), 0);
	pid = fork();
	if (pid == 0) {
		struct rdtgrp *received;
		struct rdtgrp_value value;

		if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(2);
		if (rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &received) < 0)
			_exit(3);
		if (rdtgrp_read_value(received, "mon_L3_00", "llc_occupancy", &value) < 0)
			_exit(4);
		_exit(value.status == RDTGRP_STATUS_OK && value.integer == 1000 ? 0 : 5);
	}
	assert_int_equal(rdtgrp_send(fixture->group, fixture->sockets[0]), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* All checks are made again: the flag, the group's state. */
static void test_checks(void **state)
{
	struct fixture *fixture = *state;
	unsigned int fds = count_fds();

	assert_int_equal(rdtgrp_send(fixture->group, fixture->sockets[0]), 0);
	assert_fails(rdtgrp_receive(fixture->sockets[1], 0, &fixture->received), -EBADF);
	assert_int_equal(rdtgrp_send(fixture->group, fixture->sockets[0]), 0);
	assert_fails(rdtgrp_receive(fixture->sockets[1], 1 << 9, &fixture->received), -EINVAL);
	assert_int_equal(rdtgrp_send(fixture->group, fixture->sockets[0]), 0);
	tree_remove(&fixture->tree, "g1");
	assert_fails(rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &fixture->received),
		     -ENOENT);
	assert_null(fixture->received);
	assert_int_equal(count_fds(), fds);
}

/* A message with this text and these fds. */
static void send_message(int socket, const char *text, size_t size, const int *fds, size_t count)
{
	union {
		char buffer[CMSG_SPACE(16 * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)text, .iov_len = size};
	struct mmsghdr messages = {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}};
	struct msghdr *message = &messages.msg_hdr;

	if (count) {
		struct cmsghdr *header;

		message->msg_control = control.buffer;
		message->msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	/* Not sendmsg(), which may just be failing. */
	assert_int_equal(sendmmsg(socket, &messages, 1, 0), 1);
	assert_int_equal(messages.msg_len, size);
}

static void test_other_messages(void **state)
{
	struct fixture *fixture = *state;
	int fds[16];

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = rdtgrp_get_fd(fixture->group);
	for (size_t count = 0; count <= COUNT(fds); count++) {
		static const char *const texts[] = {"G", "x", "\0"};

		for (size_t i = 0; i < COUNT(texts); i++) {
			unsigned int open = count_fds();

			if (count == 1 && texts[i][0] == 'G')
				continue;
			send_message(fixture->sockets[0], texts[i], 1, fds, count);
			assert_fails(rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS,
						    &fixture->received),
				     -EBADMSG);
			assert_int_equal(count_fds(), open);
		}
	}
	/* What is no group at all. */
	fds[0] = fixture->sockets[0];
	send_message(fixture->sockets[0], "G", 1, fds, 1);
	assert_fails(rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &fixture->received),
		     -EBADF);
	assert_null(fixture->received);
}

static void test_longer_packet(void **state)
{
	struct fixture *fixture = *state;
	int fd = rdtgrp_get_fd(fixture->group);
	unsigned int open = count_fds();

	send_message(fixture->sockets[0], "GG", 2, &fd, 1);
	assert_fails(rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &fixture->received),
		     -EBADMSG);
	assert_int_equal(count_fds(), open);
	assert_int_equal(rdtgrp_send(fixture->group, fixture->sockets[0]), 0);
	assert_int_equal(
		rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &fixture->received), 0);
	rdtgrp_unref(fixture->received);
}

/* A receiver that asks its socket who the sender is. */
static void test_credentials(void **state)
{
	struct fixture *fixture = *state;
	const int options[] = {SO_PASSCRED, SO_PASSSEC, 76 /* SO_PASSPIDFD, since Linux 6.5 */};
	int fds[] = {rdtgrp_get_fd(fixture->group), rdtgrp_get_fd(fixture->group)};

	for (size_t i = 0; i < COUNT(options); i++) {
		unsigned int open = count_fds();

		if (setsockopt(fixture->sockets[1], SOL_SOCKET, options[i], &(int){1},
			       sizeof(int)) < 0)
			continue;
		assert_int_equal(rdtgrp_send(fixture->group, fixture->sockets[0]), 0);
		assert_int_equal(
			rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &fixture->received),
			0);
		rdtgrp_unref(fixture->received);
		fixture->received = NULL;
		send_message(fixture->sockets[0], "G", 1, fds, 2);
		assert_fails(
			rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &fixture->received),
			-EBADMSG);
		send_message(fixture->sockets[0], "G", 1, NULL, 0);
		assert_fails(
			rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &fixture->received),
			-EBADMSG);
		assert_int_equal(count_fds(), open);
	}
}

static void test_closed(void **state)
{
	struct fixture *fixture = *state;
	struct sigaction action, before;

	assert_fails(rdtgrp_receive(-1, 0, &fixture->received), -EBADF);
	assert_fails(rdtgrp_send(fixture->group, -1), -EBADF);
	assert_fails(rdtgrp_receive(fixture->tree.fd, 0, &fixture->received), -ENOTSOCK);
	assert_fails(rdtgrp_send(fixture->group, fixture->tree.fd), -ENOTSOCK);

	assert_int_equal(shutdown(fixture->sockets[1], SHUT_WR), 0);
	assert_fails(rdtgrp_receive(fixture->sockets[0], 0, &fixture->received), -ECONNRESET);
	/* SIGPIPE would end this program, as it does by default. */
	assert_int_equal(sigaction(SIGPIPE, NULL, &before), 0);
	assert_ptr_equal(before.sa_handler, SIG_DFL);
	assert_int_equal(shutdown(fixture->sockets[1], SHUT_RD), 0);
	assert_fails(rdtgrp_send(fixture->group, fixture->sockets[0]), -EPIPE);
	assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
	assert_ptr_equal(action.sa_handler, SIG_DFL);
	assert_null(fixture->received);
}

static void test_would_block(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fcntl(fixture->sockets[1], F_SETFL, O_NONBLOCK), 0);
	assert_fails(rdtgrp_receive(fixture->sockets[1], 0, &fixture->received), -EAGAIN);
	assert_null(fixture->received);
}

static int run_send(void *data)
{
	const struct fixture *fixture = data;

	return rdtgrp_send(fixture->group, fixture->sockets[0]);
}

/* Take the message out of the socket again. */
static void release_send(void *data)
{
	const struct fixture *fixture = data;
	struct rdtgrp *received;

	assert_int_equal(rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &received), 0);
	rdtgrp_unref(received);
}

static bool always(const void *data)
{
	(void)data;
	return true;
}

static struct rdtgrp *const nothing = (struct rdtgrp *)(uintptr_t)&count_fds;

/* Each time with a message of its own: after a failure what was left of the last one is taken away. */
static int run_receive(void *data)
{
	struct fixture *fixture = data;
	char byte;

	while (recv(fixture->sockets[1], &byte, 1, MSG_DONTWAIT) == 1)
		;
	send_message(fixture->sockets[0], "G", 1, &(int){rdtgrp_get_fd(fixture->group)}, 1);
	fixture->received = nothing;
	return rdtgrp_receive(fixture->sockets[1], RDTGRP_OPEN_ANY_FS, &fixture->received);
}

static void release_receive(void *data)
{
	rdtgrp_unref(((struct fixture *)data)->received);
}

static bool receive_untouched(const void *data)
{
	return ((const struct fixture *)data)->received == nothing;
}

/* As with opening: a name that cannot be found out is no failure. */
static bool receive_tolerates(enum call call, int error, int result, const void *data)
{
	(void)data;
	return result == 0 && error != ENOMEM && error != EMFILE &&
	       (is_opening(call) || call == CALL_STATX || call == CALL_GETDENTS64);
}

static void test_fails(void **state)
{
	const struct operation send = {run_send, release_send, always, NULL};
	const struct operation receive = {run_receive, release_receive, receive_untouched,
					  receive_tolerates};
	unsigned int hits[CALL_COUNT];

	fail_everything(&send, *state, hits);
	assert_true(hits[CALL_SENDMSG] > 0);
	fail_everything(&receive, *state, hits);
	assert_true(hits[CALL_RECVMSG] > 0 && hits[CALL_MEMORY] >= 2 && hits[CALL_FSTATFS] > 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pass),
		T(test_to_other_process),
		T(test_checks),
		T(test_other_messages),
		cmocka_unit_test_setup_teardown(test_longer_packet, setup_packets, teardown),
		T(test_credentials),
		T(test_closed),
		T(test_would_block),
		T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
