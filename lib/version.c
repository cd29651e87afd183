/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rdtgrp.h"

const char *rdtgrp_version(void)
{
	return RDTGRP_VERSION;
}
