/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_LIFE_H
#define RDTSIM_LIFE_H

/* The model's highest layer: groups and domains come and go. */
#include "rules.h"

/* What a group's directory has in it: groupfiles.c. */
int sim_group_fill(struct sim_model *model, struct sim_group *group);

/* Groups: mkdir.c. */
int sim_groups_init(struct sim_model *model);
/* With all below it. */
void sim_group_remove(struct sim_model *model, struct sim_group *group);

/* Domains: hotplug.c. */
int sim_domain_set_online(struct sim_model *model, struct sim_domain *domain, bool online);
/* Its directory comes into all groups' mon_data. */
int sim_domain_appear(struct sim_model *model, struct sim_domain *domain);

#endif
