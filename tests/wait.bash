# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For the tests in bats, wherever they run.

# wait_for CONDITION: a shell command, looked at again and again; 60 seconds at most, or WAIT_SECONDS.
wait_for() {
	local deadline=$((SECONDS + ${WAIT_SECONDS:-60}))

	until eval "$1"; do
		if [ $SECONDS -ge $deadline ]; then
			echo "never came true: $1"
			return 1
		fi
		sleep 0.05
	done
}

# wait_screen CONDITION: the same, and what there was instead on the screen is told.
wait_screen() {
	wait_for "$1" || {
		echo 'the screen:'
		screen
		return 1
	}
}
