#define _GNU_SOURCE
#include "setup-read.h"

#include <stdlib.h>
#include <string.h>

#include "protocol.h"
#include "wire.h"

static char *read_path(struct reader *from) {
  char path[PATH_BYTES_MAX + 1];
  if (r_cstr(from, path, sizeof path) && path[0] == '/') {
    char *copy = strdup(path);
    if (copy) return copy;
  }
  from->bad = true;
  return NULL;
}

static bool index_is_new(const struct setup_plan *plan, uint32_t index) {
  for (size_t i = 0; i + 1 < plan->order_count; i++)
    if (plan->orders[i].index == index) return false;
  return true;
}

/* Protect rules of anything but a writable mount are checked and then left: nothing there needs them. */
static void read_rules(struct reader *from, struct mount_order *order) {
  struct rules unused = {0};
  rules_read(from, false, &order->rules);
  rules_read(from, true, order->access == ACCESS_WRITE ? &order->rules : &unused);
  rules_free(&unused);
}

static void read_mount(struct reader *from, struct setup_plan *plan, struct setup_step *step) {
  struct mount_order *grown = realloc(plan->orders, (plan->order_count + 1) * sizeof *grown);
  if (!grown || plan->order_count >= SETUP_MOUNTS_MAX) {
    if (grown) plan->orders = grown;
    from->bad = true;
    return;
  }
  plan->orders = grown;
  step->order = plan->order_count++;
  struct mount_order *order = &grown[step->order];
  *order = (struct mount_order){.index = r_u32(from)};
  order->access = r_u8(from);
  uint8_t kind = r_u8(from);
  order->is_file = kind == 1;
  order->staged = read_path(from);
  order->target = read_path(from);
  order->upper_bytes = r_u64(from);
  read_rules(from, order);
  bool legal = order->access <= ACCESS_OVERLAY && kind <= 1 && index_is_new(plan, order->index);
  if (order->access == ACCESS_OVERLAY) legal = legal && !order->is_file && order->upper_bytes > 0;
  if (!legal) from->bad = true;
}

static void read_program(struct reader *from, struct setup_step *step) {
  struct span span = r_bytes(from);
  step->program = span.bytes;
  step->program_bytes = span.size;
  if (span.size == 0 || span.size % 8 != 0 || span.size > SETUP_FILTER_MAX) from->bad = true;
}

static void read_numbers(struct reader *from, struct setup_step *step) {
  step->first = r_u32(from);
  if (step->kind == OPERATION_IDENTITY) step->second = r_u32(from);
  else step->value = r_u64(from);
}

static void read_door(struct reader *from, struct setup_door *door) {
  door->protocol = r_u8(from);
  for (size_t i = 0; i < sizeof door->address; i++) door->address[i] = r_u8(from);
  door->port = r_u16(from);
  if (door->protocol > DOOR_UDP || door->port == 0) from->bad = true;
}

static void read_doors(struct reader *from, struct setup_doors *doors) {
  doors->channel = r_u32(from);
  uint32_t count = r_count(from, 7);
  if (doors->channel < 3 || doors->channel >= 65536 || count == 0 || count > SETUP_DOORS_MAX) from->bad = true;
  if (!from->bad) doors->list = calloc(count, sizeof *doors->list);
  if (!doors->list) from->bad = true;
  while (!from->bad && doors->count < count) read_door(from, &doors->list[doors->count++]);
}

static void read_step(struct reader *from, struct setup_plan *plan, struct setup_step *step) {
  step->kind = r_u8(from);
  switch (step->kind) {
    case OPERATION_MOUNT: read_mount(from, plan, step); break;
    case OPERATION_HIDE:
    case OPERATION_READONLY:
    case OPERATION_SCRATCH: step->path = read_path(from); break;
    case OPERATION_IDENTITY:
    case OPERATION_RLIMIT: read_numbers(from, step); break;
    case OPERATION_SECCOMP: read_program(from, step); break;
    case OPERATION_DOORS: read_doors(from, &step->doors); break;
    case OPERATION_PROCCHECK:
    case OPERATION_LOCK: break;
    default: from->bad = true;
  }
}

/* A set-up that does not end in LOCK would serve with every capability. */
static bool ends_in_lock(const struct setup_plan *plan) {
  for (size_t i = 0; i < plan->step_count; i++)
    if ((plan->steps[i].kind == OPERATION_LOCK) != (i + 1 == plan->step_count)) return false;
  return plan->step_count > 0;
}

bool setup_read(struct reader *ops, struct setup_plan *plan) {
  *plan = (struct setup_plan){0};
  uint32_t count = r_count(ops, 1);
  if (count > SETUP_STEPS_MAX) ops->bad = true;
  if (!ops->bad) plan->steps = calloc(count + 1, sizeof *plan->steps);
  if (!plan->steps) ops->bad = true;
  while (!ops->bad && plan->step_count < count) read_step(ops, plan, &plan->steps[plan->step_count++]);
  if (!ops->bad && (!ends_in_lock(plan) || !r_done(ops))) ops->bad = true;
  return !ops->bad;
}

void setup_plan_free(struct setup_plan *plan) {
  for (size_t i = 0; i < plan->step_count; i++) {
    free(plan->steps[i].path);
    free(plan->steps[i].doors.list);
  }
  for (size_t i = 0; i < plan->order_count; i++) {
    free(plan->orders[i].staged);
    free(plan->orders[i].target);
    rules_free(&plan->orders[i].rules);
  }
  free(plan->steps);
  free(plan->orders);
  *plan = (struct setup_plan){0};
}
