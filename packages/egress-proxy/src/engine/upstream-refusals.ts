import type { Refusal } from '../refusal.ts'

const again = 'try again later'

/** It could not be dialled, for a reason that is nobody's but the host application's. */
export const unreachable: Refusal = Object.freeze({
  code: 'connect_failed',
  rule: null,
  reason: 'the host could not be reached',
  remedy: again,
})

export const broken: Refusal = Object.freeze({
  code: 'upstream_failed',
  rule: null,
  reason: 'the host broke off, or answered something that is no proper answer',
  remedy: again,
})

export const tooLate: Refusal = Object.freeze({
  code: 'upstream_timeout',
  rule: null,
  reason: 'the host did not answer in time',
  remedy: again,
})
