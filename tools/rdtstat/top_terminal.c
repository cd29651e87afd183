// SPDX-License-Identifier: GPL-2.0-or-later
#include "top_terminal.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "message.h"
#include "ticker.h"
#include "top_canvas.h"
#include "top_view.h"

/* How long an Esc may be the beginning of another key. */
#define ESCAPE_DELAY_MS 50

static SCREEN *screen;
static bool colours;
static int timer_fd = -1;
/* As it was before. */
static struct termios former_modes;
/* What a signal handler can send: the end of the alternate screen, the cursor, plain characters. */
static char farewell[256];
static size_t farewell_length;

static volatile sig_atomic_t on_screen, stop_wanted, continued, resized;

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

#define ENDING_COUNT (sizeof(ending) / sizeof(ending[0]))

/* End by this signal, at once and from anywhere, but give the terminal back. Once more it ends it here. */
static void end_by(int number)
{
	ssize_t written;

	signal(number, SIG_DFL);
	if (on_screen) {
		struct termios flowing = former_modes;

		/* Ctrl-S may be what it hangs on: without IXON output goes on. */
		flowing.c_iflag &= ~(tcflag_t)IXON;
		tcsetattr(STDIN_FILENO, TCSANOW, &flowing);
		written = write(STDOUT_FILENO, farewell, farewell_length);
		(void)written;
		tcsetattr(STDIN_FILENO, TCSANOW, &former_modes);
	}
	raise(number);
}

static void on_end(int number)
{
	if (!ticker_stopped())
		ticker_stop();
	else
		/* The second one: it hangs somewhere, and may be inside ncurses. */
		end_by(number);
}

static void on_stop(int number)
{
	(void)number;
	stop_wanted = 1;
}

static void on_continue(int number)
{
	(void)number;
	continued = 1;
}

static void on_resize(int number)
{
	(void)number;
	resized = 1;
}

/* Add a capability to the farewell, without the padding that terminals of old want. */
static void bid(const char *capability)
{
	const char *text = capability;

	while (text && *text && farewell_length < sizeof(farewell)) {
		const char *end = strncmp(text, "$<", 2) == 0 ? strchr(text, '>') : NULL;

		if (end)
			text = end + 1;
		else
			farewell[farewell_length++] = *text++;
	}
}

static int refuse_terminal(const char *name, const char *why)
{
	complain("top: the terminal '%s' %s: set TERM to what it is, or take reports, "
		 "as 'rdtstat 1' writes them",
		 name, why);
	return EXIT_FAILED;
}

/* Can the terminal do what is needed? Else ncurses would end the program, or fill the screen with
 * nonsense. */
static int check_terminal(void)
{
	const char *name = getenv("TERM");
	bool able;
	int found;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		complain("top: standard %s is no terminal; for a file or pipe take reports, "
			 "as 'rdtstat 1' writes them",
			 isatty(STDOUT_FILENO) ? "input" : "output");
		return EXIT_FAILED;
	}
	if (!name || !*name) {
		complain("top: TERM is not set: it has to name the kind of terminal");
		return EXIT_FAILED;
	}
	if (setupterm(NULL, STDOUT_FILENO, &found) == ERR)
		return refuse_terminal(name, "is not known");
	able = cursor_address && clear_screen;
	bid(exit_attribute_mode);
	bid(keypad_local);
	bid(exit_ca_mode);
	bid(cursor_normal);
	/* newterm() takes one of its own. */
	del_curterm(cur_term);
	return able ? EXIT_FINE : refuse_terminal(name, "cannot place its cursor");
}

static void choose_colours(void)
{
	const char *no_color = getenv("NO_COLOR");

	/* As https://no-color.org has it: any value but none at all. */
	if ((no_color && *no_color) || !has_colors() || start_color() == ERR)
		return;
	colours = true;
	use_default_colors();
	init_pair(TOP_LOOK_MISSING, COLOR_RED, -1);
	init_pair(TOP_LOOK_PARTIAL, COLOR_YELLOW, -1);
	init_pair(TOP_LOOK_BAR, COLOR_GREEN, -1);
	init_pair(TOP_LOOK_HISTORY, COLOR_CYAN, -1);
}

/* Does it end a process that does nothing about it? */
static bool is_deadly(int number)
{
	switch (number) {
	case SIGCHLD:
	case SIGCONT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGURG:
	case SIGWINCH:
		return false;
	default:
		return true;
	}
}

static void catch_signals(void)
{
	static const struct {
		int number;
		void (*handler)(int number);
	} others[] = {{SIGTSTP, on_stop}, {SIGCONT, on_continue}, {SIGWINCH, on_resize}};
	struct sigaction action = {.sa_flags = SA_RESTART | SA_NODEFER};
	int number;
	size_t i;

	action.sa_handler = on_end;
	/* What nohup set to be ignored stays so. */
	for (i = 0; i < ENDING_COUNT; i++) {
		struct sigaction former;

		if (sigaction(ending[i], NULL, &former) == 0 && former.sa_handler != SIG_IGN)
			sigaction(ending[i], &action, NULL);
	}
	action.sa_handler = end_by;
	/* Not those that are handled already: a sanitizer's handler has more to tell. Those that cannot be
	 * caught fail here. */
	for (number = 1; number <= SIGRTMAX; number++) {
		struct sigaction former;

		if (is_deadly(number) && sigaction(number, NULL, &former) == 0 &&
		    former.sa_handler == SIG_DFL)
			sigaction(number, &action, NULL);
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		action.sa_handler = others[i].handler;
		sigaction(others[i].number, &action, NULL);
	}
}

static int start_timer(uint64_t interval_ns)
{
	struct timespec interval = {.tv_sec = (time_t)(interval_ns / 1000000000),
				    .tv_nsec = (long)(interval_ns % 1000000000)};
	struct itimerspec times = {interval, interval};

	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer_fd >= 0 && timerfd_settime(timer_fd, 0, &times, NULL) == 0)
		return EXIT_FINE;
	complain("timer: %s", strerror(errno));
	return EXIT_FAILED;
}

int top_terminal_open(uint64_t interval_ns)
{
	int r = check_terminal();

	if (r == EXIT_FINE)
		r = start_timer(interval_ns);
	if (r != EXIT_FINE)
		return r;
	if (tcgetattr(STDIN_FILENO, &former_modes) < 0) {
		complain("top: terminal: %s", strerror(errno));
		return EXIT_FAILED;
	}
	/* A signal from now on has something to put right. */
	catch_signals();
	atexit(top_terminal_close);
	on_screen = 1;
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		on_screen = 0;
		return refuse_terminal(getenv("TERM"), "cannot be used");
	}
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_DELAY_MS);
	curs_set(0);
	choose_colours();
	return EXIT_FINE;
}

void top_terminal_close(void)
{
	if (!on_screen)
		return;
	endwin();
	on_screen = 0;
	delscreen(screen);
	screen = NULL;
	close(timer_fd);
	timer_fd = -1;
}

void top_terminal_canvas(struct top_canvas *canvas)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col &&
	    is_term_resized(size.ws_row, size.ws_col))
		resizeterm(size.ws_row, size.ws_col);
	top_canvas_init(canvas, LINES, COLS, strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
}

static attr_t attributes_of(enum top_look look)
{
	switch (look) {
	case TOP_LOOK_HEADER:
		return A_REVERSE;
	case TOP_LOOK_SORTED:
		return A_REVERSE | A_BOLD;
	case TOP_LOOK_ALARM:
		return A_BOLD;
	default:
		return A_NORMAL;
	}
}

void top_terminal_show(const struct top_canvas *canvas)
{
	int x, y;

	erase();
	for (y = 0; y < canvas->height; y++) {
		for (x = 0; x < canvas->width; x++) {
			const struct top_canvas_cell *cell = top_canvas_at(canvas, y, x);
			cchar_t shown;

			if (!cell->text[0] ||
			    setcchar(&shown, cell->text, attributes_of(cell->look),
				     colours ? (short)cell->look : 0, NULL) == ERR)
				continue;
			/* In the last place of all it says ERR, and has done it. */
			mvadd_wch(y, x, &shown);
		}
	}
	refresh();
}

/* Stop as the terminal's user wants, with the terminal as it was; and when it goes on take it again. */
static void stop(void)
{
	struct sigaction former, action = {.sa_handler = SIG_DFL};
	sigset_t number, mask;

	def_prog_mode();
	endwin();
	sigaction(SIGTSTP, &action, &former);
	raise(SIGTSTP);
	/* It is blocked here: it comes now. */
	sigemptyset(&number);
	sigaddset(&number, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &number, &mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGTSTP, &former, NULL);
	stop_wanted = 0;
	continued = 1;
}

/* What came by signals since the last time. @return whether the screen has to be drawn again. */
static bool look_at_signals(void)
{
	bool redraw = resized || continued || stop_wanted;

	if (stop_wanted)
		stop();
	if (continued) {
		/* Whoever stopped it with SIGSTOP may have had the terminal meanwhile. */
		reset_prog_mode();
		clearok(curscr, TRUE);
	}
	resized = continued = 0;
	return redraw;
}

enum top_event top_terminal_wait(void)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = timer_fd, .events = POLLIN}};
	enum top_event event = TOP_EVENT_FAILED;
	sigset_t ours, former;
	uint64_t ticks;
	size_t i;
	int r = 0;

	/* Blocked at all moments but those of the wait: none is lost between the look and the sleep. */
	sigemptyset(&ours);
	for (i = 0; i < ENDING_COUNT; i++)
		sigaddset(&ours, ending[i]);
	sigaddset(&ours, SIGTSTP);
	sigaddset(&ours, SIGCONT);
	sigaddset(&ours, SIGWINCH);
	sigprocmask(SIG_BLOCK, &ours, &former);
	if (!ticker_stopped() && !resized && !continued && !stop_wanted)
		r = ppoll(fds, 2, NULL, &former);
	if (ticker_stopped())
		event = TOP_EVENT_STOP;
	else if (look_at_signals())
		event = TOP_EVENT_REDRAW;
	else if (r < 0 && errno == EINTR)
		event = TOP_EVENT_REDRAW;
	else if (r < 0)
		event = TOP_EVENT_FAILED;
	else if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		event = TOP_EVENT_STOP;
	else if (fds[0].revents)
		event = TOP_EVENT_KEY;
	else if (read(timer_fd, &ticks, sizeof(ticks)) == sizeof(ticks))
		event = TOP_EVENT_TICK;
	else
		event = TOP_EVENT_REDRAW;
	sigprocmask(SIG_SETMASK, &former, NULL);
	return event;
}

uint32_t top_terminal_key(void)
{
	static const struct {
		wint_t code;
		enum top_key key;
	} keys[] = {
		{KEY_UP, TOP_KEY_UP},
		{KEY_DOWN, TOP_KEY_DOWN},
		{KEY_LEFT, TOP_KEY_LEFT},
		{KEY_RIGHT, TOP_KEY_RIGHT},
		{KEY_PPAGE, TOP_KEY_PAGE_UP},
		{KEY_NPAGE, TOP_KEY_PAGE_DOWN},
		{KEY_HOME, TOP_KEY_HOME},
		{KEY_END, TOP_KEY_END},
		{KEY_BACKSPACE, TOP_KEY_BACKSPACE},
		{KEY_F(1), TOP_KEY_HELP},
		{KEY_ENTER, (enum top_key)'\r'},
	};
	wint_t code;
	size_t i;

	for (;;) {
		switch (get_wch(&code)) {
		case OK:
			/* Ctrl-L: somebody else has written on the screen. */
			if (code == 'L' - '@')
				clearok(curscr, TRUE);
			return (uint32_t)code;
		case KEY_CODE_YES:
			for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
				if (keys[i].code == code)
					return keys[i].key;
			continue;
		default:
			return TOP_KEY_NONE;
		}
	}
}
