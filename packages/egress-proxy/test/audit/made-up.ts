import type { EgressDecision } from '@caisson/core'
import { openTrail } from '../../dist/audit/open-trail.js'
import type { AuditOptions } from '../../dist/audit/options.js'
import type { AuditTrail, DecisionDetails } from '../../dist/audit/trail.js'

export const nothing: DecisionDetails = {
  template: null,
  queryKeys: [],
  headerNames: [],
  identity: 'anonymous',
  tenantHeaders: [],
}

export function decision(sequence: number, parts: Partial<EgressDecision> = {}): EgressDecision {
  return {
    sequence,
    time: 1_700_000_000_000,
    verdict: 'allow',
    code: null,
    door: 'connect',
    host: 'api.test',
    port: 443,
    method: 'GET',
    path: `/item/${sequence}`,
    rule: 'network.allow[0]',
    reason: '',
    remedy: '',
    policyVersion: 1,
    processId: null,
    ...parts,
  }
}

/** A trail whose lines are kept in memory. */
export class Kept {
  text = ''
  readonly logs: string[] = []
  readonly trail: AuditTrail

  constructor(options: Omit<AuditOptions, 'path'> = {}, sandboxId = 'box') {
    const write = options.write ?? ((lines: string) => void (this.text += lines))
    this.trail = openTrail({ ...options, write }, sandboxId, (line) => this.logs.push(line))
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }

  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }
}

/** A whole trail of so many decisions. */
export async function trailOf(
  count: number,
  options: Omit<AuditOptions, 'path' | 'write'> = {},
  sandboxId = 'box',
): Promise<string> {
  const kept = new Kept(options, sandboxId)
  for (let number = 1; number <= count; number += 1) kept.trail.decided(decision(number), nothing)
  await kept.trail.close()
  return kept.text
}
