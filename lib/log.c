/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "rdtgrp.h"

static struct {
	pthread_mutex_t lock;
	rdtgrp_log_fn callback;
	void *userdata;
	/* Read without the lock, so that a silent library costs one load per message. */
	atomic_int max_priority;
} sink = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.max_priority = -1,
};

void rdtgrp_set_log(rdtgrp_log_fn callback, int max_priority, void *userdata)
{
	pthread_mutex_lock(&sink.lock);
	sink.callback = callback;
	sink.userdata = userdata;
	atomic_store(&sink.max_priority, callback ? max_priority : -1);
	pthread_mutex_unlock(&sink.lock);
}

/* Names of files may hold anything, a log's lines may not. */
static void make_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void rg_log(int priority, const char *format, ...)
{
	int saved_errno = errno;
	rdtgrp_log_fn callback;
	char message[2048];
	void *userdata;
	va_list args;

	if (priority > atomic_load(&sink.max_priority))
		return;

	/* The callback runs without the lock: it may log or set another callback itself. */
	pthread_mutex_lock(&sink.lock);
	callback = sink.callback;
	userdata = sink.userdata;
	pthread_mutex_unlock(&sink.lock);

	if (callback) {
		va_start(args, format);
		vsnprintf(message, sizeof(message), format, args);
		va_end(args);
		make_one_line(message);
		callback(priority, message, userdata);
	}
	errno = saved_errno;
}
