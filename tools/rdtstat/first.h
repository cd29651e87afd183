/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_FIRST_H
#define RDTSTAT_FIRST_H

struct sample;
struct sampler;

/* What only the first sample can tell: is there anything to be read, and do the events asked for exist?
 * What is wrong is told on stderr. @return an exit status. */
int first_check(const struct sampler *sampler, const struct sample *sample);

#endif
