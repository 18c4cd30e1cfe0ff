import type { CatalogueRow } from './row.ts'

/** The hosts of one's own organisation, which no catalogue knows. */
export const ownOrganisation: readonly CatalogueRow[] = [
  {
    row: 74,
    id: 'unbound-writes',
    title: 'Anything can be written to a host, on any path',
    endpoints: 'POST, PUT, PATCH or DELETE on paths that the rule does not name',
    how: 'Support forms, public issue trackers and upload policies of your own services take text that outsiders read.',
    remedy: 'name the `paths` that are meant, and hold what is sent by `body`',
    hosts: [],
    closes: ['paths', 'body'],
    tags: ['upload'],
    probes: [],
    safe: 'read',
  },
]
