/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "group.h"
#include "rdtgrp.h"
#include "util.h"

/* The one byte that a message needs to carry an fd. */
static const char message_byte = 'G';

union control {
	char buffer[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/*
 * What a receiver's socket adds to every message if it was told to: who sent it (SO_PASSCRED, SO_PASSSEC,
 * SO_PASSPIDFD).
 */
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif
#define SECURITY_MAX 256

union received_control {
	char buffer[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(SECURITY_MAX) +
		    CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int rdtgrp_send(const struct rdtgrp *group, int socket_fd)
{
	char byte = message_byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	union control control = {{0}};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t n;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &group->fd, sizeof(int));
	do
		n = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return rg_fail_errno(-errno, rg_name_of(socket_fd, NULL),
				     "cannot send a group's handle");
	return 0;
}

/* The fds in a part of a message. */
static size_t count_fds(const struct cmsghdr *header)
{
	if (header->cmsg_level != SOL_SOCKET ||
	    (header->cmsg_type != SCM_RIGHTS && header->cmsg_type != SCM_PIDFD))
		return 0;
	return (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
}

/* Take the one fd that was sent out of a message; close all others. -1 if not exactly one was. */
static int take_one_fd(struct msghdr *message)
{
	int taken = -1, sent = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		for (size_t i = 0; i < count_fds(header); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
			if (header->cmsg_type == SCM_RIGHTS && sent++ == 0)
				taken = fd;
			else
				rg_close(fd);
		}
	}
	return sent == 1 ? taken : rg_close(taken);
}

int rdtgrp_receive(int socket_fd, unsigned int flags, struct rdtgrp **ret_group)
{
	char byte = 0;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	union received_control control = {{0}};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buffer,
		.msg_controllen = sizeof(control.buffer),
	};
	RG_AUTO_CLOSE int fd = -1;
	ssize_t n;

	do
		n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return rg_fail_errno(-errno, rg_name_of(socket_fd, NULL),
				     "cannot receive a group's handle");
	fd = take_one_fd(&message);
	if (n == 0)
		return rg_fail(-ECONNRESET, rg_name_of(socket_fd, NULL),
			       "the peer closed the connection");
	if (fd < 0 || byte != message_byte || (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)))
		return rg_fail(-EBADMSG, rg_name_of(socket_fd, NULL),
			       "the message holds no group's handle");
	return rdtgrp_get_from_fd(fd, flags, ret_group);
}
