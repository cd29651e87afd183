/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a CTRL_MON group may use: schemata and size. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "rules.h"

static uint32_t all_bits(const struct sim_schema *schema)
{
	return (uint32_t)((UINT64_C(1) << schema->cbm_bits) - 1);
}

static bool is_contiguous(uint32_t cbm)
{
	uint32_t lowest = cbm & -cbm;

	return !((cbm + lowest) & cbm);
}

static uint32_t lowest_piece(uint32_t cbm)
{
	uint32_t lowest = cbm & -cbm;

	return cbm & ~(cbm + lowest);
}

/* A group as it is made: all that no other has for itself. */
static uint32_t initial_value(struct sim_model *model, const struct sim_group *group,
			      size_t schema_index, size_t cache)
{
	const struct sim_schema *schema = &model->scenario->schemas[schema_index];
	uint32_t cbm;

	if (!schema->cbm_bits)
		return schema->max;
	cbm = all_bits(schema);
	cbm &= ~sim_groups_used_bits(model, group, schema_index, cache, SIM_EXCLUSIVE);
	cbm &= ~sim_groups_used_bits(model, group, schema_index, cache, SIM_LOCKED);
	return schema->sparse_masks ? cbm : lowest_piece(cbm);
}

int sim_schemata_init(struct sim_model *model, struct sim_group *group)
{
	const struct sim_scenario *scenario = model->scenario;

	for (size_t i = 0; i < scenario->n_schemas; i++) {
		for (size_t cache = 0; cache < scenario->n_caches; cache++) {
			uint32_t value = initial_value(model, group, i, cache);

			if (!value) {
				sim_last_cmd(model, "No space on %s:%" PRIu64 "\n",
					     scenario->schemas[i].name, scenario->caches[cache].id);
				return -ENOSPC;
			}
			group->schemata[i][cache] = value;
		}
	}
	return 0;
}

void sim_schemata_reset_cache(struct sim_model *model, size_t cache)
{
	for (struct sim_group *group = model->groups; group; group = group->next) {
		for (size_t i = 0; i < model->scenario->n_schemas; i++) {
			const struct sim_schema *schema = &model->scenario->schemas[i];

			group->schemata[i][cache] =
				schema->cbm_bits ? all_bits(schema) : schema->max;
		}
	}
}

static uint64_t size_of(const struct sim_model *model, const struct sim_schema *schema,
			uint32_t value)
{
	if (!schema->cbm_bits)
		return value;
	return model->scenario->cache_bytes / schema->cbm_bits *
	       (unsigned int)__builtin_popcount(value);
}

static void show_value(const struct sim_model *model, const struct sim_group *group, size_t index,
		       size_t cache, bool size, struct text *text)
{
	const struct sim_schema *schema = &model->scenario->schemas[index];
	uint32_t value = group->schemata[index][cache];

	text_printf(text, "%" PRIu64 "=", model->scenario->caches[cache].id);
	if (size && group->mode == SIM_LOCKSETUP)
		text_puts(text, "0");
	else if (size)
		text_printf(text, "%" PRIu64, size_of(model, schema, value));
	else
		text_printf(text, schema->cbm_bits ? "%" PRIx32 : "%" PRIu32, value);
}

static int show(struct sim_model *model, struct sim_node *node, bool size, struct text *text)
{
	const struct sim_scenario *scenario = model->scenario;
	const struct sim_group *group = node->group;

	for (size_t i = 0; i < scenario->n_schemas; i++) {
		const char *separator = "";

		if (group->mode == SIM_LOCKED) {
			if (i != group->locked_schema)
				continue;
			if (!sim_cache_is_online(model, group->locked_cache)) {
				sim_last_cmd(model, "Cache domain offline\n");
				return -ENODEV;
			}
			text_printf(text, "%s:", scenario->schemas[i].name);
			show_value(model, group, i, group->locked_cache, size, text);
			text_puts(text, "\n");
			continue;
		}
		text_printf(text, "%*s:", scenario->schema_width, scenario->schemas[i].name);
		if (group->mode == SIM_LOCKSETUP && !size) {
			text_puts(text, "uninitialized\n");
			continue;
		}
		for (size_t cache = 0; cache < scenario->n_caches; cache++) {
			if (!sim_cache_is_online(model, cache))
				continue;
			text_puts(text, separator);
			show_value(model, group, i, cache, size, text);
			separator = ";";
		}
		text_puts(text, "\n");
	}
	return 0;
}

static int schemata_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	return show(model, node, false, text);
}

static int size_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	return show(model, node, true, text);
}

static int parse_cbm(struct sim_model *model, const struct sim_group *group, size_t index,
		     size_t cache, const char *word, uint32_t *ret_value)
{
	const struct sim_schema *schema = &model->scenario->schemas[index];
	uint64_t cbm;

	if (text_parse_u64(word, 16, &cbm)) {
		sim_last_cmd(model, "Non-hex character in the mask %s\n", word);
		return -EINVAL;
	}
	if (!cbm || cbm > all_bits(schema)) {
		sim_last_cmd(model, "Mask out of range\n");
		return -EINVAL;
	}
	if (!schema->sparse_masks && !is_contiguous((uint32_t)cbm)) {
		sim_last_cmd(model, "The mask %s has non-consecutive 1-bits\n", word);
		return -EINVAL;
	}
	if ((unsigned int)__builtin_popcount((uint32_t)cbm) < schema->min_cbm_bits) {
		sim_last_cmd(model, "Need at least %u bits in the mask\n", schema->min_cbm_bits);
		return -EINVAL;
	}
	if (cbm & sim_groups_used_bits(model, group, index, cache, SIM_LOCKED)) {
		sim_last_cmd(model, "CBM overlaps with pseudo-locked region\n");
		return -EINVAL;
	}
	if (cbm & sim_groups_used_bits(model, group, index, cache, SIM_EXCLUSIVE)) {
		sim_last_cmd(model, "Overlaps with exclusive group\n");
		return -EINVAL;
	}
	if (group->mode != SIM_SHAREABLE &&
	    cbm & sim_groups_used_bits(model, group, index, cache, SIM_SHAREABLE)) {
		sim_last_cmd(model, "Overlaps with other group\n");
		return -EINVAL;
	}
	*ret_value = (uint32_t)cbm;
	return 0;
}

static int parse_bandwidth(struct sim_model *model, size_t index, const char *word,
			   uint32_t *ret_value)
{
	const struct sim_schema *schema = &model->scenario->schemas[index];
	uint64_t value;

	if (text_parse_u64(word, 10, &value)) {
		sim_last_cmd(model, "Invalid MB value %s\n", word);
		return -EINVAL;
	}
	if (value < schema->min || value > schema->max) {
		sim_last_cmd(model, "MB value %s out of range [%u,%u]\n", word, schema->min,
			     schema->max);
		return -EINVAL;
	}
	*ret_value = (uint32_t)((value + schema->gran - 1) / schema->gran * schema->gran);
	return 0;
}

static int find_cache(struct sim_model *model, const char *word, size_t *ret_cache)
{
	uint64_t id;

	if (text_parse_u64(word, 10, &id)) {
		sim_last_cmd(model, "Missing '=' or non-numeric domain\n");
		return -EINVAL;
	}
	for (size_t cache = 0; cache < model->scenario->n_caches; cache++) {
		if (model->scenario->caches[cache].id == id && sim_cache_is_online(model, cache)) {
			*ret_cache = cache;
			return 0;
		}
	}
	return -EINVAL;
}

/* What a write asks for, before any of it holds. */
struct request {
	uint32_t values[SIM_MAX_SCHEMAS][SIM_MAX_L3];
	bool given[SIM_MAX_SCHEMAS][SIM_MAX_L3];
};

static int parse_line(struct sim_model *model, const struct sim_group *group, size_t index,
		      char *list, struct request *request)
{
	while (list) {
		char *value = strsep(&list, ";");
		char *id = strsep(&value, "=");
		uint32_t *to;
		size_t cache;
		int r;

		while (*id == ' ')
			id++;
		if (!value) {
			sim_last_cmd(model, "Missing '=' or non-numeric domain\n");
			return -EINVAL;
		}
		r = find_cache(model, id, &cache);
		if (r)
			return r;
		if (request->given[index][cache]) {
			sim_last_cmd(model, "Duplicate domain %s\n", id);
			return -EINVAL;
		}
		while (*value == ' ')
			value++;
		to = &request->values[index][cache];
		r = model->scenario->schemas[index].cbm_bits
			    ? parse_cbm(model, group, index, cache, value, to)
			    : parse_bandwidth(model, index, value, to);
		if (r)
			return r;
		request->given[index][cache] = true;
	}
	return 0;
}

static int parse(struct sim_model *model, const struct sim_group *group, char *data,
		 struct request *request)
{
	while (data && *data) {
		char *list = strsep(&data, "\n");
		char *name = strsep(&list, ":");
		size_t index;
		int r;

		while (*name == ' ' || *name == '\t')
			name++;
		if (!list) {
			sim_last_cmd(model, "Missing ':'\n");
			return -EINVAL;
		}
		if (!*list) {
			sim_last_cmd(model, "Missing '%s' value\n", name);
			return -EINVAL;
		}
		for (index = 0; index < model->scenario->n_schemas; index++) {
			if (!strcmp(model->scenario->schemas[index].name, name))
				break;
		}
		if (index == model->scenario->n_schemas) {
			sim_last_cmd(model, "Unknown or unsupported resource name '%s'\n", name);
			return -EINVAL;
		}
		r = parse_line(model, group, index, list, request);
		if (r)
			return r;
	}
	return 0;
}

/* In pseudo-locksetup the one mask that is written is locked. */
static int lock_request(struct sim_model *model, struct sim_group *group,
			const struct request *request)
{
	const struct sim_scenario *scenario = model->scenario;
	int count = 0;

	for (size_t i = 0; i < scenario->n_schemas; i++) {
		for (size_t cache = 0; cache < scenario->n_caches; cache++)
			count += request->given[i][cache];
	}
	if (count != 1) {
		sim_last_cmd(model, "Only one pseudo-locked region allowed per group\n");
		return -EINVAL;
	}
	for (size_t i = 0; i < scenario->n_schemas; i++) {
		for (size_t cache = 0; cache < scenario->n_caches; cache++) {
			if (!request->given[i][cache])
				continue;
			if (!scenario->schemas[i].cbm_bits) {
				sim_last_cmd(model, "Cannot pseudo-lock MBA resource\n");
				return -EINVAL;
			}
			sim_group_lock(group, i, cache, request->values[i][cache]);
		}
	}
	return 0;
}

static int schemata_store(struct sim_model *model, struct sim_node *node,
			  const struct sim_caller *caller, char *data, size_t len)
{
	struct sim_group *group = node->group;
	struct request request = {0};
	int r;

	(void)caller;
	(void)len;
	if (group->mode == SIM_LOCKED) {
		sim_last_cmd(model, "Resource group is pseudo-locked\n");
		return -EINVAL;
	}
	r = parse(model, group, data, &request);
	if (r)
		return r;
	if (group->mode == SIM_LOCKSETUP)
		return lock_request(model, group, &request);
	for (size_t i = 0; i < model->scenario->n_schemas; i++) {
		for (size_t cache = 0; cache < model->scenario->n_caches; cache++) {
			if (request.given[i][cache])
				group->schemata[i][cache] = request.values[i][cache];
		}
	}
	return 0;
}

const struct sim_file sim_file_schemata = {
	.name = "schemata",
	.mode = 0644,
	.show = schemata_show,
	.store = schemata_store,
	.newline = true,
	.locks = true,
};

const struct sim_file sim_file_size = {
	.name = "size",
	.mode = 0444,
	.show = size_show,
	.locks = true,
};
