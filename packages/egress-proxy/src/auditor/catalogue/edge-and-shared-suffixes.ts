import { sharedSuffixes } from '../shared-suffixes.ts'
import { nobody } from './probe.ts'
import type { CatalogueRow } from './row.ts'

/** Edges and platforms, where each name below belongs to another customer. */
export const edgeAndSharedSuffixes: readonly CatalogueRow[] = [
  {
    row: 69,
    id: 'shared-suffix',
    title: 'A rule holds names of which each belongs to another customer',
    endpoints: 'any',
    how: 'Whoever opens an account there has a name that the rule holds: the attacker too, and reading is enough to tell him.',
    remedy: 'name the one host that is meant, without a tunnel',
    hosts: [],
    shared: [
      ...sharedSuffixes.map((suffix) => `*.${suffix}`),
      // A region, and what is below it, is not one customer's.
      '*.*.amazonaws.com',
      '*.elb.*.amazonaws.com',
      '*.compute.amazonaws.com',
      '*.*.compute.amazonaws.com',
      '*.s3.*.amazonaws.com',
      '*.s3.amazonaws.com',
      '*.blob.core.windows.net',
      '*.r2.cloudflarestorage.com',
    ],
    closes: ['intercept', 'unlisted'],
    tags: ['channel'],
    probes: [...nobody('GET /x', { severity: 'high' }), ...nobody('POST /x', { severity: 'high' })],
    safe: 'none',
  },
]
