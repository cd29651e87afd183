/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TOP_TERMINAL_H
#define RDTSTAT_TOP_TERMINAL_H

#include <stdint.h>

struct top_canvas;

/* The terminal, by ncurses. It is left as it was, however the program ends, but for SIGKILL. One per
 * process. */

/* What the wait ended with. */
enum top_event {
	TOP_EVENT_TICK,	  /* the next sample is due */
	TOP_EVENT_KEY,	  /* top_terminal_key() has something */
	TOP_EVENT_REDRAW, /* another size, or back from a stop */
	TOP_EVENT_STOP,	  /* a signal that ends the program, or the terminal is gone */
	TOP_EVENT_FAILED, /* errno says why */
};

/* Take the terminal over; what is wrong with it is told on stderr. SIGINT, SIGTERM, SIGHUP and SIGQUIT
 * end the wait, and a second one the program. The first tick comes after interval_ns.
 * @return an exit status. */
int top_terminal_open(uint64_t interval_ns);
void top_terminal_close(void);

/* A canvas of the terminal's size, which may have changed. */
void top_terminal_canvas(struct top_canvas *canvas);
void top_terminal_show(const struct top_canvas *canvas);

enum top_event top_terminal_wait(void);

/* The next key, a character or one of enum top_key; TOP_KEY_NONE: no more for now. */
uint32_t top_terminal_key(void);

#endif
