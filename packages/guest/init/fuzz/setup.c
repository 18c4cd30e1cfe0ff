/* The list of set-up operations: what is taken must be whole, and end in LOCK. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../protocol.h"
#include "../setup-read.h"
#include "../wire.h"

static void check_order(const struct mount_order *order) {
  if (order->staged[0] != '/' || order->target[0] != '/' || order->access > ACCESS_OVERLAY) abort();
  for (size_t i = 0; i < order->rules.count; i++) {
    const struct rule *rule = &order->rules.list[i];
    if (!rule->id || rule->count == 0 || rule->first + rule->count >= order->rules.positions) abort();
  }
}

static void check_doors(const struct setup_doors *doors) {
  if (doors->channel < 3 || doors->count == 0 || doors->count > SETUP_DOORS_MAX) abort();
  for (size_t i = 0; i < doors->count; i++)
    if (doors->list[i].protocol > DOOR_UDP || doors->list[i].port == 0) abort();
}

static void check(const struct setup_plan *plan) {
  if (plan->step_count == 0 || plan->steps[plan->step_count - 1].kind != OPERATION_LOCK) abort();
  for (size_t i = 0; i < plan->step_count; i++) {
    const struct setup_step *step = &plan->steps[i];
    if (step->kind == OPERATION_MOUNT && step->order >= plan->order_count) abort();
    if (step->kind == OPERATION_DOORS) check_doors(&step->doors);
    if (step->kind == OPERATION_HIDE && (!step->path || strlen(step->path) > PATH_BYTES_MAX)) abort();
  }
  for (size_t i = 0; i < plan->order_count; i++) check_order(&plan->orders[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct setup_plan plan;
  struct reader from = r_over(data, size);
  if (setup_read(&from, &plan)) check(&plan);
  setup_plan_free(&plan);
  return 0;
}
