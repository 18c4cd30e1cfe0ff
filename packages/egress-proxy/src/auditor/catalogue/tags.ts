/**
 * What kind of act a row is: `upload` to somebody else's account by means of a trusted service; `ai-upload` the
 * same through a service of a model vendor; `channel` data in anything that leaves; `fetch` a third party is made
 * to call an address; `credential` secrets are made, read or spent.
 */
export type TagSet = 'upload' | 'ai-upload' | 'channel' | 'fetch' | 'credential'

const upload = ['AML.T0086', 'AML.T0057', 'AML.T0051.001', 'LLM02:2025', 'LLM06:2025']

/**
 * MITRE ATLAS (techniques, as of version 5.6.0) and the OWASP Top 10 for LLM applications. The numbers of OWASP
 * moved between editions (disclosure was LLM06 in 1.1 and is LLM02 in 2025; agency was LLM08 and is LLM06), so
 * that none is written without its edition.
 */
const tagSets: Readonly<Record<TagSet, readonly string[]>> = {
  upload,
  'ai-upload': [...upload, 'AML.T0096'],
  channel: ['AML.T0025', 'AML.T0086', 'LLM02:2025'],
  fetch: ['AML.T0077', 'AML.T0086', 'LLM02:2025', 'LLM05:2025'],
  credential: ['AML.T0055', 'AML.T0083', 'AML.T0098', 'LLM02:2025'],
}

/** The tags of some kinds of act: each once, sorted. */
export function tagsOf(sets: readonly TagSet[]): readonly string[] {
  return Object.freeze([...new Set(sets.flatMap((set) => tagSets[set]))].sort())
}
