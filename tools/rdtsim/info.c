/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The info directory. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "rules.h"

static const struct sim_schema *schema_of(const struct sim_model *model,
					  const struct sim_node *node)
{
	return &model->scenario->schemas[node->schema];
}

static int last_cmd_status_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	text_puts(text, *model->last_cmd ? model->last_cmd : "ok\n");
	if (model->last_cmd_truncated)
		text_puts(text, "[truncated]\n");
	return 0;
}

static int num_closids_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	text_printf(text, "%u\n", model->n_closids);
	return 0;
}

static int cbm_mask_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	text_printf(text, "%" PRIx64 "\n", (UINT64_C(1) << schema_of(model, node)->cbm_bits) - 1);
	return 0;
}

static int min_cbm_bits_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	text_printf(text, "%u\n", schema_of(model, node)->min_cbm_bits);
	return 0;
}

static int shareable_bits_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	text_printf(text, "%" PRIx32 "\n", schema_of(model, node)->shareable_bits);
	return 0;
}

static int sparse_masks_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	text_printf(text, "%d\n", schema_of(model, node)->sparse_masks);
	return 0;
}

static char bit_usage(struct sim_model *model, const struct sim_node *node, size_t cache,
		      uint32_t bit)
{
	bool hardware = schema_of(model, node)->shareable_bits & bit;
	bool software = sim_groups_used_bits(model, NULL, node->schema, cache, SIM_SHAREABLE) & bit;

	if (sim_groups_used_bits(model, NULL, node->schema, cache, SIM_LOCKED) & bit)
		return 'P';
	if (sim_groups_used_bits(model, NULL, node->schema, cache, SIM_EXCLUSIVE) & bit)
		return 'E';
	if (hardware)
		return software ? 'X' : 'H';
	return software ? 'S' : '0';
}

static int bit_usage_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	const char *separator = "";

	for (size_t cache = 0; cache < model->scenario->n_caches; cache++) {
		if (!sim_cache_is_online(model, cache))
			continue;
		text_printf(text, "%s%" PRIu64 "=", separator, model->scenario->caches[cache].id);
		for (unsigned int bit = schema_of(model, node)->cbm_bits; bit > 0; bit--)
			text_printf(text, "%c",
				    bit_usage(model, node, cache, UINT32_C(1) << (bit - 1)));
		separator = ";";
	}
	text_puts(text, "\n");
	return 0;
}

static int min_bandwidth_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	text_printf(text, "%" PRIu32 "\n", schema_of(model, node)->min);
	return 0;
}

static int bandwidth_gran_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	text_printf(text, "%" PRIu32 "\n", schema_of(model, node)->gran);
	return 0;
}

static int delay_linear_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	text_printf(text, "%d\n", schema_of(model, node)->linear);
	return 0;
}

static int throttle_mode_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	text_printf(text, "%s\n", schema_of(model, node)->throttle);
	return 0;
}

static int num_rmids_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	text_printf(text, "%u\n", model->n_rmids);
	return 0;
}

static int package_num_rmids_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	text_printf(text, "%u\n", model->scenario->n_package_rmids);
	return 0;
}

static void show_events(const struct sim_event *const *events, struct text *text)
{
	for (; *events; events++)
		text_printf(text, "%s\n", (*events)->name);
}

static int mon_features_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	show_events(model->scenario->l3_events, text);
	return 0;
}

static int package_mon_features_show(struct sim_model *model, struct sim_node *node,
				     struct text *text)
{
	(void)node;
	show_events(model->scenario->package_events, text);
	return 0;
}

static int max_threshold_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	text_printf(text, "%" PRIu64 "\n", model->threshold);
	return 0;
}

static int max_threshold_store(struct sim_model *model, struct sim_node *node,
			       const struct sim_caller *caller, char *data, size_t len)
{
	uint64_t bytes;

	(void)caller;
	(void)len;
	data[strcspn(data, "\n")] = '\0';
	if (text_parse_u64(data, 0, &bytes))
		return sim_invalid_input(model, node);
	if (bytes > model->scenario->occupancy_limit)
		return -EINVAL;
	model->threshold =
		bytes / model->scenario->occupancy_unit * model->scenario->occupancy_unit;
	return 0;
}

static int assign_mode_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	if (!model->scenario->n_counters)
		text_puts(text, "[default]\n");
	else if (model->scenario->counters_fixed)
		text_puts(text, "[mbm_event]\n");
	else if (model->counter_mode)
		text_puts(text, "[mbm_event]\ndefault\n");
	else
		text_puts(text, "[default]\nmbm_event\n");
	return 0;
}

static int assign_mode_store(struct sim_model *model, struct sim_node *node,
			     const struct sim_caller *caller, char *data, size_t len)
{
	bool counter_mode = !strcmp(data, "mbm_event");

	(void)node;
	(void)caller;
	(void)len;
	if ((!counter_mode && strcmp(data, "default")) ||
	    (counter_mode && !model->scenario->n_counters) ||
	    (!counter_mode && model->scenario->counters_fixed)) {
		sim_last_cmd(model, "Unsupported assign mode\n");
		return -EINVAL;
	}
	if (counter_mode != model->counter_mode)
		sim_assign_set_mode(model, counter_mode);
	return 0;
}

static void show_counters(struct sim_model *model, bool available, struct text *text)
{
	const char *separator = "";

	for (const struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		size_t count = 0;

		if (!domain->n_assignable || !domain->online)
			continue;
		for (size_t i = 0; i < domain->n_assignable; i++)
			count += !available || !domain->assignable[i].group;
		text_printf(text, "%s%" PRIu64 "=%zu", separator, domain->id, count);
		separator = ";";
	}
	text_puts(text, "\n");
}

static int num_cntrs_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	show_counters(model, false, text);
	return 0;
}

static int available_cntrs_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	int r = sim_assign_refuse_default_mode(model);

	(void)node;
	if (!r)
		show_counters(model, true, text);
	return r;
}

static int assign_on_mkdir_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	int r = sim_assign_refuse_default_mode(model);

	(void)node;
	if (!r)
		text_printf(text, "%d\n", model->assign_on_mkdir);
	return r;
}

static int assign_on_mkdir_store(struct sim_model *model, struct sim_node *node,
				 const struct sim_caller *caller, char *data, size_t len)
{
	int r;

	(void)caller;
	(void)len;
	data[strcspn(data, "\n")] = '\0';
	if (!*data || !strchr("01yYnN", *data) || data[1])
		return sim_invalid_input(model, node);
	r = sim_assign_refuse_default_mode(model);
	if (!r)
		model->assign_on_mkdir = strchr("1yY", *data);
	return r;
}

/* The transactions that a counter can be told to count, by bit. */
static const char *const transactions[] = {
	"local_reads",
	"remote_reads",
	"local_non_temporal_writes",
	"remote_non_temporal_writes",
	"local_reads_slow_memory",
	"remote_reads_slow_memory",
	"dirty_victim_writes_all",
};

#define N_TRANSACTIONS (sizeof(transactions) / sizeof(transactions[0]))
#define LOCAL_TRANSACTIONS 0x15
#define ALL_TRANSACTIONS 0x7f

static uint32_t *filter_of(struct sim_model *model, const struct sim_event *event)
{
	size_t i;

	for (i = 0; model->scenario->l3_events[i] != event; i++)
		;
	return &model->filters[i];
}

static int event_filter_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	const char *separator = "";
	uint32_t filter;
	int r = sim_assign_refuse_default_mode(model);

	if (r)
		return r;
	filter = *filter_of(model, node->event);
	for (size_t i = 0; i < N_TRANSACTIONS; i++) {
		if (!(filter >> i & 1))
			continue;
		text_printf(text, "%s%s", separator, transactions[i]);
		separator = ",";
	}
	text_puts(text, "\n");
	return 0;
}

static int event_filter_store(struct sim_model *model, struct sim_node *node,
			      const struct sim_caller *caller, char *data, size_t len)
{
	uint32_t filter = 0;
	int r = sim_assign_refuse_default_mode(model);

	(void)caller;
	(void)len;
	if (r)
		return r;
	while (data && *data) {
		const char *word = text_trim(strsep(&data, ","));
		size_t i;

		for (i = 0; i < N_TRANSACTIONS && strcmp(word, transactions[i]); i++)
			;
		if (i == N_TRANSACTIONS) {
			sim_last_cmd(model, "Invalid memory transaction type %s\n", word);
			return -EINVAL;
		}
		filter |= UINT32_C(1) << i;
	}
	if (filter != *filter_of(model, node->event)) {
		*filter_of(model, node->event) = filter;
		sim_assign_restart_event(model, node->event);
	}
	return 0;
}

static const struct sim_file last_cmd_status = {
	.name = "last_cmd_status",
	.mode = 0444,
	.show = last_cmd_status_show,
};

static const struct sim_file event_filter = {
	.name = "event_filter",
	.mode = 0644,
	.show = event_filter_show,
	.store = event_filter_store,
	.newline = true,
	.locks = true,
};

static const struct sim_file fixed_event_filter = {
	.name = "event_filter",
	.mode = 0444,
	.show = event_filter_show,
	.locks = true,
};

static const struct sim_file cache_files[] = {
	{.name = "num_closids", .mode = 0444, .show = num_closids_show},
	{.name = "cbm_mask", .mode = 0444, .show = cbm_mask_show},
	{.name = "min_cbm_bits", .mode = 0444, .show = min_cbm_bits_show},
	{.name = "shareable_bits", .mode = 0444, .show = shareable_bits_show},
	{.name = "sparse_masks", .mode = 0444, .show = sparse_masks_show},
	{.name = "bit_usage", .mode = 0444, .show = bit_usage_show},
	{0},
};

static const struct sim_file bandwidth_files[] = {
	{.name = "num_closids", .mode = 0444, .show = num_closids_show},
	{.name = "min_bandwidth", .mode = 0444, .show = min_bandwidth_show},
	{.name = "bandwidth_gran", .mode = 0444, .show = bandwidth_gran_show},
	{.name = "delay_linear", .mode = 0444, .show = delay_linear_show},
	{0},
};

static const struct sim_file throttle_file[] = {
	{.name = "thread_throttle_mode", .mode = 0444, .show = throttle_mode_show},
	{0},
};

static const struct sim_file l3_mon_files[] = {
	{.name = "num_rmids", .mode = 0444, .show = num_rmids_show},
	{.name = "mon_features", .mode = 0444, .show = mon_features_show},
	{.name = "max_threshold_occupancy",
	 .mode = 0644,
	 .show = max_threshold_show,
	 .store = max_threshold_store},
	{.name = "mbm_assign_mode",
	 .mode = 0644,
	 .show = assign_mode_show,
	 .store = assign_mode_store,
	 .newline = true},
	{0},
};

static const struct sim_file counter_files[] = {
	{.name = "num_mbm_cntrs", .mode = 0444, .show = num_cntrs_show},
	{.name = "available_mbm_cntrs", .mode = 0444, .show = available_cntrs_show, .locks = true},
	{.name = "mbm_assign_on_mkdir",
	 .mode = 0644,
	 .show = assign_on_mkdir_show,
	 .store = assign_on_mkdir_store,
	 .locks = true},
	{0},
};

static const struct sim_file package_mon_files[] = {
	{.name = "num_rmids", .mode = 0444, .show = package_num_rmids_show},
	{.name = "mon_features", .mode = 0444, .show = package_mon_features_show},
	{0},
};

static int add_dir(struct sim_model *model, struct sim_node *parent, const char *name,
		   struct sim_node **ret_dir)
{
	return sim_node_new(model, parent, name, SIM_NODE_INFO, S_IFDIR | model->config.dir_mode,
			    model->config.uid, model->config.gid, ret_dir);
}

static int add_files(struct sim_model *model, struct sim_node *dir, const struct sim_file *files)
{
	for (; files->name; files++) {
		int r = sim_file_new(model, dir, files, model->config.uid, model->config.gid, NULL);

		if (r)
			return r;
	}
	return 0;
}

static int add_schema(struct sim_model *model, struct sim_node *info, size_t index)
{
	const struct sim_schema *schema = &model->scenario->schemas[index];
	struct sim_node *dir;
	int r;

	r = add_dir(model, info, schema->name, &dir);
	if (r)
		return r;
	dir->schema = index;
	r = add_files(model, dir, schema->cbm_bits ? cache_files : bandwidth_files);
	if (!r && schema->throttle)
		r = add_files(model, dir, throttle_file);
	return r;
}

static int add_filters(struct sim_model *model, struct sim_node *mon)
{
	const struct sim_scenario *scenario = model->scenario;
	struct sim_node *configs, *dir;
	int r;

	r = add_dir(model, mon, "event_configs", &configs);
	for (size_t i = 0; !r && scenario->l3_events[i]; i++) {
		const struct sim_event *event = scenario->l3_events[i];

		if (!sim_assign_is_event(model, event))
			continue;
		model->filters[i] = event->part_of ? LOCAL_TRANSACTIONS : ALL_TRANSACTIONS;
		r = add_dir(model, configs, event->name, &dir);
		if (r)
			return r;
		dir->event = event;
		r = sim_file_new(model, dir,
				 scenario->counters_fixed ? &fixed_event_filter : &event_filter,
				 model->config.uid, model->config.gid, NULL);
	}
	return r;
}

static int add_mon(struct sim_model *model, struct sim_node *info)
{
	struct sim_node *dir;
	int r;

	r = add_dir(model, info, "L3_MON", &dir);
	if (!r)
		r = add_files(model, dir, l3_mon_files);
	if (!r && model->scenario->n_counters)
		r = add_files(model, dir, counter_files);
	if (!r && model->scenario->n_counters)
		r = add_filters(model, dir);
	if (r || !model->scenario->package_events)
		return r;
	r = add_dir(model, info, "PERF_PKG_MON", &dir);
	if (!r)
		r = add_files(model, dir, package_mon_files);
	return r;
}

int sim_info_init(struct sim_model *model)
{
	struct sim_node *info;
	int r;

	r = add_dir(model, model->root, "info", &info);
	if (!r)
		r = sim_file_new(model, info, &last_cmd_status, model->config.uid,
				 model->config.gid, NULL);
	for (size_t i = 0; !r && i < model->scenario->n_schemas; i++)
		r = add_schema(model, info, i);
	if (!r)
		r = add_mon(model, info);
	return r;
}
