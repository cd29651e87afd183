// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor.h"

#include <stdlib.h>

#include "locks.h"
#include "xalloc.h"

const char *level_name(enum level level)
{
	static const char *const names[] = {
		[LEVEL_OK] = "ok",
		[LEVEL_NOTE] = "note",
		[LEVEL_PROBLEM] = "problem",
		[LEVEL_UNKNOWN] = "unknown",
	};

	return names[level];
}

void doctor_find(struct doctor *doctor, const char *about, enum level level, char *text,
		 char *remedy)
{
	doctor->findings = xgrow(doctor->findings, doctor->count, &doctor->capacity,
				 sizeof(*doctor->findings));
	doctor->findings[doctor->count++] =
		(struct finding){about, level, text, remedy ? remedy : xstrdup("")};
}

void doctor_clear(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->count; i++) {
		free(doctor->findings[i].text);
		free(doctor->findings[i].remedy);
	}
	for (size_t i = 0; i < doctor->missing_count; i++) {
		free(doctor->missing[i].group);
		free(doctor->missing[i].event);
		free(doctor->missing[i].domain);
	}
	locks_free(doctor->holders, doctor->holder_count);
	free(doctor->findings);
	free(doctor->missing);
}
